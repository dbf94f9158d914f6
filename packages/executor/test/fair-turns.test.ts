/** How long anything that has something to start may be passed over, by a bound for each kind. */
import { setImmediate as turn } from 'node:timers/promises'
import { AsyncExecutor } from '@threeply/executor'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.useRealTimers()
})

/** Who has started how often, and has how much left. */
class Shares {
  readonly #started: number[]
  readonly #left: number[]

  constructor(counts: readonly number[]) {
    this.#started = counts.map(() => 0)
    this.#left = [...counts]
  }

  /** Counts a start of `who`; among those that have something left, no two are more than one apart. */
  start(who: number): void {
    const waiting = [...this.#left.keys()].filter((other) => this.#left[other]! > 0)
    this.#started[who]! += 1
    this.#left[who]! -= 1
    const starts = waiting.map((other) => this.#started[other]!)
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThanOrEqual(1)
  }

  get isDone(): boolean {
    return this.#left.every((left) => left === 0)
  }
}

const rates = fc.option(
  fc.record({
    limit: fc.integer({ min: 1, max: 4 }),
    interval: fc.integer({ min: 1, max: 9 }),
    window: fc.constantFrom('sliding' as const, 'fixed' as const),
    burst: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  }),
  { nil: undefined },
)

test('keys, maps and runs without a key start equally often while they have something to start', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const counts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 })
  const property = fc.asyncProperty(
    fc.record({ keys: counts, maps: counts, plain: fc.integer({ min: 1, max: 12 }) }),
    fc.integer({ min: 1, max: 4 }),
    rates,
    async ({ keys, maps, plain }, concurrency, rate) => {
      const all = [...keys, ...maps, plain]
      const shares = new Shares(all)
      const executor = new AsyncExecutor({ concurrency, keyConcurrency: 4, rate })
      const calls = all.map((count, who) => {
        const start = () => shares.start(who)
        const isMap = who >= keys.length && who < keys.length + maps.length
        if (isMap) return executor.forEach(Array(count).keys(), start)
        const key = who < keys.length ? who : undefined
        return Promise.all(Array.from({ length: count }, () => executor.run(start, { key })))
      })
      const done = Promise.all(calls)
      done.catch(() => {}) // it is awaited below, when time has passed
      await vi.runAllTimersAsync()
      await done
      expect(shares.isDone).toBe(true)
    },
  )
  await fc.assert(property, { numRuns: 200 })
})

test('what comes later does not go first, however much comes', async () => {
  const executor = new AsyncExecutor({ concurrency: 1, keyConcurrency: 1 })
  const order: string[] = []
  const mapped = executor.forEach([1, 2, 3], () => order.push('map'))
  const comers: Promise<unknown>[] = []
  const come = (key: number): void => {
    comers.push(
      executor.run(
        () => {
          order.push('run')
          if (key < 50) come(key + 1) // under another key, so that it joins anew
        },
        { key },
      ),
    )
  }
  come(0)
  await mapped
  expect(order.slice(0, 5)).toEqual(['map', 'run', 'map', 'run', 'map'])
  await executor.onIdle()
  await Promise.all(comers)
})

test('of n priorities each starts something after 98 + n starts of the others at the latest', async () => {
  const property = fc.asyncProperty(
    fc.uniqueArray(fc.integer({ min: -5, max: 5 }), { minLength: 2, maxLength: 4 }),
    fc.integer({ min: 1, max: 3 }),
    fc.nat(2),
    async (priorities, concurrency, turns) => {
      const executor = new AsyncExecutor({ concurrency })
      const bound = 98 + priorities.length
      const left = new Map(priorities.map((priority) => [priority, 230]))
      const passedOver = new Map(priorities.map((priority) => [priority, 0]))
      let longest = 0
      const start = async (priority: number) => {
        for (const [other, times] of passedOver) passedOver.set(other, times + 1)
        passedOver.set(priority, 0)
        left.set(priority, left.get(priority)! - 1)
        if (left.get(priority) === 0) passedOver.delete(priority)
        longest = Math.max(longest, ...passedOver.values())
        for (let times = 0; times < turns; times += 1) await turn()
      }
      const calls = priorities.map((priority, place) =>
        place % 2 === 0
          ? executor.forEach(Array(230).keys(), () => start(priority), { priority })
          : Promise.all(
              Array.from({ length: 230 }, () => executor.run(() => start(priority), { priority })),
            ),
      )
      await Promise.all(calls)
      expect(longest).toBeGreaterThan(90) // the lowest did wait
      expect(longest).toBeLessThanOrEqual(bound)
    },
  )
  await fc.assert(property, { numRuns: 25 })
})

test('what is heavy is passed over by nothing that comes later, and by one round of the maps', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
    async (concurrency, maps, turns) => {
      const executor = new AsyncExecutor({ concurrency })
      const controller = new AbortController()
      const { signal } = controller
      let starts = 0
      const light = async () => {
        const times = turns[starts % turns.length]!
        starts += 1
        for (let left = times; left >= 0; left -= 1) await turn()
      }
      const endless = function* () {
        while (true) yield 1
      }
      const mapped = Array.from({ length: maps }, () =>
        executor.forEach(endless(), light, { signal }).catch(() => {}),
      )
      for (let times = 0; times < 5; times += 1) await turn()
      const before = starts
      const heavy = executor.run(() => starts - before, { weight: concurrency })
      const later = executor.run(() => 'later', { signal }).catch(() => {})
      expect(await heavy).toBeLessThanOrEqual(maps)
      controller.abort()
      await Promise.all([...mapped, later])
    },
  )
  await fc.assert(property, { numRuns: 60 })
})
