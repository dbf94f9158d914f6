/** How many functions start in a time. */
import { turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor, type RateOptions } from '@threeply/executor'
import { InvalidOptionError } from '@threeply/task'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rateLimit } from '../src/rate-limit.ts'

/** When what asks at `asks`, one after the other, may start; virtual time. */
function starts(rate: RateOptions, asks: readonly number[]): number[] {
  const limit = rateLimit({ window: 'sliding', burst: undefined, ...rate } as Parameters<
    typeof rateLimit
  >[0])
  let now = 0
  return asks.map((ask) => {
    now = Math.max(now, ask)
    while (!limit.take(now)) {
      const wait = limit.wait(now)
      expect(wait).toBeGreaterThan(0)
      now += wait
    }
    return now
  })
}

const times = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 60 }).map((gaps) =>
  gaps.map(
    (
      (sum) => (gap: number) =>
        (sum += gap)
    )(0),
  ),
)
const limits = fc.integer({ min: 1, max: 8 })
const intervals = fc.integer({ min: 1, max: 1_000 })

/** What rounding may make of a time. */
const EPSILON = 1e-6

test('sliding: no stretch as long as the interval has more starts than the limit', () => {
  fc.assert(
    fc.property(times, limits, intervals, (asks, limit, interval) => {
      const started = starts({ limit, interval, window: 'sliding' }, asks)
      for (let index = limit; index < started.length; index += 1) {
        expect(started[index]! - started[index - limit]!).toBeGreaterThanOrEqual(interval - EPSILON)
      }
    }),
  )
})

test('sliding: nothing waits longer than it must', () => {
  expect(starts({ limit: 2, interval: 100, window: 'sliding' }, [0, 0, 0, 0, 150, 150])).toEqual([
    0, 0, 100, 100, 200, 200,
  ])
})

test('fixed: no interval has more starts than the limit', () => {
  fc.assert(
    fc.property(times, limits, intervals, (asks, limit, interval) => {
      const started = starts({ limit, interval, window: 'fixed' }, asks)
      const counts = new Map<number, number>()
      for (const time of started) {
        const window = Math.floor((time - started[0]!) / interval + EPSILON)
        counts.set(window, (counts.get(window) ?? 0) + 1)
      }
      for (const count of counts.values()) expect(count).toBeLessThanOrEqual(limit)
    }),
  )
})

test('fixed: two intervals that meet may be full', () => {
  expect(starts({ limit: 2, interval: 100, window: 'fixed' }, [0, 90, 95, 100])).toEqual([
    0, 90, 100, 100,
  ])
})

test('burst: so many at once after a rest, and then evenly', () => {
  const started = starts({ limit: 10, interval: 1_000, burst: 3 }, [0, 0, 0, 0, 0, 1_000, 1_000])
  expect(started.map(Math.round)).toEqual([0, 0, 0, 100, 200, 1_000, 1_000])
})

test('burst: never more than the burst and what has been refilled', () => {
  fc.assert(
    fc.property(times, limits, intervals, limits, (asks, limit, interval, burst) => {
      const started = starts({ limit, interval, burst }, asks)
      for (let first = 0; first < started.length; first += 1) {
        for (let last = first; last < started.length; last += 1) {
          const refilled = ((started[last]! - started[first]!) * limit) / interval
          expect(last - first + 1).toBeLessThanOrEqual(burst + refilled + EPSILON)
        }
      }
    }),
  )
})

test('runs and inputs share the rate, and all of them start in the end', async () => {
  const executor = new AsyncExecutor({ concurrency: 9, rate: { limit: 4, interval: 60 } })
  const started: number[] = []
  const task = () => started.push(performance.now())
  await Promise.all([
    executor.map([1, 2, 3, 4, 5], task),
    ...[1, 2, 3, 4, 5].map(() => executor.run(task)),
  ])
  expect(started).toHaveLength(10)
  expect(started[9]! - started[0]!).toBeGreaterThanOrEqual(120 - 5)
})

test('what nothing was started for costs nothing of the rate', async () => {
  const executor = new AsyncExecutor({ concurrency: 4, rate: { limit: 2, interval: 3_600_000 } })
  expect(await executor.map([], () => 1)).toEqual([])
  async function* inputs() {
    yield 1
  }
  expect(await executor.map(inputs(), (input) => input)).toEqual([1])
  expect(await executor.run(() => 2)).toBe(2)
  const third = watch(executor.run(() => 3).catch(() => {}))
  await turns()
  expect(third.settled).toBe(false)
  expect(executor.waiting).toBe(1)
  await executor.destroy()
  await until(() => third.settled, 'it to be rejected')
})

test.each([
  [{}, 'limit'],
  [{ limit: 1 }, 'interval'],
  [{ limit: 1, interval: 0 }, 'interval'],
  [{ limit: 1, interval: 10, window: 'leaky' }, 'window'],
  [{ limit: 1, interval: 10, burst: 0 }, 'burst'],
  [{ limit: 1, interval: 10, per: 'second' }, 'per'],
  [7, 'options'],
])('%j throws', (rate, option) => {
  const make = () => new AsyncExecutor({ concurrency: 1, rate: rate as RateOptions })
  expect(make).toThrow(InvalidOptionError)
  expect(make).toThrow(expect.objectContaining({ option }))
})
