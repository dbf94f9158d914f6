/** Tasks of one key run on one thread, in the order of their submission. */
import { MetricsRegistry } from '@threeply/metrics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failure, makePool, until, Words } from './pools.ts'

const OPTIONS = { timeout: 120_000 }

describe('a key', OPTIONS, () => {
  test('keeps its tasks on one thread, also when it had none for a while', async () => {
    const pool = makePool({ threads: 3 })
    await pool.warmUp()
    const threadsOf = new Map<string, Set<number>>()
    for (let round = 0; round < 20; round += 1) {
      const names = ['a', 'b', 'c', 'd', 'e']
      const runs = names.map(async (key) => {
        const threads = threadsOf.get(key) ?? new Set()
        threadsOf.set(key, threads.add(await pool.run('thread', undefined, { key })))
      })
      await Promise.all(runs)
    }
    expect([...threadsOf.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1])
    expect(
      new Set([...threadsOf.values()].flatMap((threads) => [...threads])).size,
    ).toBeGreaterThan(1)
  })

  test('keeps the order when its thread dies and another has been started to follow it', async () => {
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: 1, recycleAfter: { tasks: 100 }, metrics })
    const { words } = new Words()
    const run = (exits: boolean) => pool.run('startOrExit', { exits, words }, { key: 'one' })
    for (let call = 0; call < 92; call += 1) await run(false)
    await until(() => threadsOf(metrics) === 2)
    await pool.run('threadAfter', 100, { key: 'one' }) // by then that is ready
    const first = words[0]!
    const exited = failure(run(true))
    const starts = await Promise.all(Array.from({ length: 30 }, () => run(false)))
    expect(starts.map((start) => start - first)).toEqual(starts.map((_, nth) => nth + 1))
    await exited
  })

  test('is bound to a thread also when its first call is submitted while inputs are read', async () => {
    const pool = makePool({ threads: 2 })
    await pool.warmUp()
    for (const key of [1, 2, 3, 4, 5, 6, 7, 8]) {
      let first: Promise<number> | undefined
      function* none(): Generator<undefined> {
        first = pool.run('thread', undefined, { key })
        yield* []
      }
      await pool.map('thread', none())
      const thread = await first
      const other = pool.run('threadAfter', 5) // on the thread that was used last
      expect(await pool.run('thread', undefined, { key })).toBe(thread)
      await other
    }
  })

  test.each(['ends', 'is cancelled', 'is left'])(
    'goes on behind a call without inputs that %s, on idle threads',
    async (how) => {
      const pool = makePool({ threads: 2 })
      await pool.warmUp()
      let resolve = (): void => {}
      const end = new Promise<void>((fulfil) => {
        resolve = fulfil
      })
      async function* none(): AsyncGenerator<number> {
        await end
        yield* []
      }
      const controller = new AbortController()
      const options = { key: 'one', signal: controller.signal }
      const stream = pool.stream('double', none(), options)
      const waiting = how === 'is left' ? stream.next() : pool.map('double', none(), options)
      const settled = Promise.allSettled([waiting])
      const behind = pool.run('double', 21, { key: 'one' })
      if (how === 'ends') resolve()
      else if (how === 'is cancelled') controller.abort()
      else void stream.return()
      expect(await behind).toBe(42)
      resolve()
      await settled
    },
  )

  test('whose thread is busy is in no other one’s way', async () => {
    const pool = makePool({ threads: 2 })
    const held = new Words()
    const blocked = pool.run('block', held, { key: 'busy' })
    await held.started()
    const behind = Array.from({ length: 100 }, () => pool.run('thread', undefined, { key: 'busy' }))
    const others = Array.from({ length: 100 }, (_, at) => pool.run('double', at, { key: at % 7 }))
    await Promise.all([...others, pool.map('double', [1, 2, 3])])
    held.release()
    expect(new Set(await Promise.all(behind)).size).toBe(1)
    await blocked
  })

  test('that has not run yet goes elsewhere when its thread turns out to be busy', async () => {
    const pool = makePool({ threads: 2 })
    await pool.map('blockIf', Array(64).fill({ blocks: false, words: new Words().words }))
    const held = new Words()
    const quick = { blocks: false, words: held.words }
    const calls = [pool.run('blockIf', { blocks: true, words: held.words }, { key: 'slow' })]
    const behind = Array.from({ length: 20 }, (_, key) => pool.run('blockIf', quick, { key }))
    await Promise.all(behind)
    expect(held.ends).toBe(0)
    held.release()
    await Promise.all(calls)
  })

  test('moves when its thread is gone', async () => {
    const pool = makePool({ threads: 2, grace: 10 })
    const key = 'moving'
    const first = await pool.run('thread', undefined, { key })
    const held = new Words()
    const looping = failure(pool.run('loopForEver', held, { key, timeout: 100 }))
    const behind = Array.from({ length: 10 }, () => pool.run('thread', undefined, { key }))
    await looping
    const threads = new Set(await Promise.all(behind))
    expect(threads.size).toBe(1)
    expect(threads.has(first)).toBe(false)
    expect(await pool.run('thread', undefined, { key })).toBe([...threads][0])
  })

  test('moves when its thread is recycled', async () => {
    const pool = makePool({ threads: 2, recycleAfter: { tasks: 5 } })
    const runs = Array.from({ length: 40 }, () => pool.run('thread', undefined, { key: 1 }))
    const threads = await Promise.all(runs)
    for (const thread of new Set(threads)) {
      const first = threads.indexOf(thread)
      const last = threads.lastIndexOf(thread)
      expect(new Set(threads.slice(first, last + 1)).size).toBe(1)
    }
  })

  test('holds for map, which keeps its place among runs', async () => {
    const pool = makePool({ threads: 2 })
    const log: string[] = []
    const key = 'k'
    const note = (what: string) => () => void log.push(what)
    await Promise.all([
      pool.run('double', 1, { key }).then(note('run')),
      pool.map('double', Array(3_000).fill(1), { key }).then(note('map')),
      pool.run('double', 1, { key, priority: 9 }).then(note('last')),
    ])
    expect(log).toEqual(['run', 'map', 'last'])
    const threads = await pool.map('thread', Array(500).fill(undefined), { key })
    expect(new Set(threads).size).toBe(1)
  })

  test('counts what waits for its thread towards the queueLimit', async () => {
    const pool = makePool({ threads: 1, queueLimit: 5 })
    const held = new Words()
    const calls = [pool.run('block', held, { key: 'a' })]
    await held.started()
    for (let call = 0; call < 5; call += 1)
      calls.push(pool.run('echo', 'x', { key: 'a' }) as Promise<string>)
    expect(await failure(pool.run('echo', 'x', { key: 'a' }))).toMatchObject({
      code: 'ERR_THREEPLY_QUEUE_FULL',
    })
    held.release()
    await Promise.all(calls)
  })

  test('is refused when it is neither text nor a number', async () => {
    const error = await failure(makePool().run('double', 1, { key: {} as string }))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option: 'key' })
  })

  test('is rejected with the rest when the pool is destroyed', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const keys = ['a', 'b', 'a', 'b', 'c']
    const calls = keys.map((key) => failure(pool.run('block', held, { key })))
    await held.started()
    await pool.destroy()
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'ERR_THREEPLY_CLOSED' })
    }
  })
})

const step = fc.record({
  key: fc.integer({ min: 0, max: 4 }),
  what: fc.constantFrom('run', 'run', 'run', 'map', 'cancel', 'pause'),
  priority: fc.integer({ min: 0, max: 2 }),
})

test('whatever is submitted: one thread and one order for each key', OPTIONS, async () => {
  const pool = makePool({ threads: 3 })
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const words = new Words()
    const runsOf = new Map<number, { thread: number; order: number }[]>()
    const calls: Promise<unknown>[] = []
    for (const { key, what, priority } of steps) {
      const runs = runsOf.get(key) ?? []
      runsOf.set(key, runs)
      if (what === 'pause') {
        await pool.run('double', 1)
      } else if (what === 'cancel') {
        const controller = new AbortController()
        const options = { key, priority, signal: controller.signal }
        calls.push(failure(pool.run('whoAndWhen', words, options)).catch(() => {}))
        queueMicrotask(() => controller.abort())
      } else {
        const place = runs.length
        const count = what === 'map' ? 3 : 1
        for (let run = 0; run < count; run += 1) runs.push({ thread: -1, order: -1 })
        const fill = (outputs: { thread: number; order: number }[]) => {
          for (const [at, output] of outputs.entries()) runs[place + at] = output
        }
        const options = { key, priority }
        const call =
          what === 'map'
            ? pool.map('whoAndWhen', Array(count).fill(words), options)
            : pool.run('whoAndWhen', words, options).then((output) => [output])
        calls.push(call.then(fill))
      }
    }
    await Promise.all(calls)
    for (const runs of runsOf.values()) {
      expect(new Set(runs.map(({ thread }) => thread)).size).toBeLessThanOrEqual(1)
      const orders = runs.map(({ order }) => order)
      expect(orders).toEqual(orders.toSorted((a, b) => a - b))
    }
  })
  await fc.assert(property, { numRuns: 60 })
})

test('a key is forgotten after 10,000 others, so that memory is bounded', OPTIONS, async () => {
  const pool = makePool({ threads: 2 })
  await pool.warmUp()
  const old = await pool.run('thread', undefined, { key: 'old' })
  for (let start = 0; start < 10_000; start += 5_000) {
    const keys = Array.from({ length: 5_000 }, (_, at) => start + at)
    await Promise.all(keys.map((key) => pool.run('double', 1, { key })))
  }
  // One thread is held, so the other is known; then the one that had the key is.
  const first = new Words()
  const second = new Words()
  const held = [pool.run('block', first, { key: 'first' })]
  await first.started()
  if ((await pool.run('thread', undefined, { key: 'second' })) === old) {
    held.push(pool.run('block', second, { key: 'second' }))
    await second.started()
    first.release()
  }
  expect(await pool.run('thread', undefined, { key: 'old' })).not.toBe(old)
  first.release()
  second.release()
  await Promise.all(held)
})

function threadsOf(metrics: MetricsRegistry): unknown {
  return metrics.snapshot().series.find(({ name }) => name === 'threeply_threads')?.value
}
