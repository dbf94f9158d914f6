/** An iterable that submits to the pool while it is asked for its next input. */

import { MetricsRegistry } from '@threeply/metrics'
import { ClosedError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import type { ForkJoinPool, MapOptions } from '../src/index.ts'
import { failure, makePool, type Tasks, totals, until, Words } from './pools.ts'

type Pool = ForkJoinPool<Tasks>

test('loses no input of its own when it submits what goes before them', {
  timeout: 60_000,
}, async () => {
  const pool = makePool({ threads: 2 })
  const { words } = new Words()
  const task = { words, milliseconds: 3, blocks: false }
  for (let call = 0; call < 5; call += 1) await pool.run('busyOrBlocked', task)
  const urgent: Promise<number>[] = []
  function* inputs() {
    for (let input = 0; input < 60; input += 1) {
      urgent.push(pool.run('double', input, { priority: 1 }))
      yield task // what inputs have in common lets none travel with another
    }
  }
  const outputs = await pool.map('busyOrBlocked', inputs(), { chunkSize: 10 })
  expect(outputs).toEqual(Array(60).fill(expect.any(Number)))
  expect(await Promise.all(urgent)).toEqual(Array.from({ length: 60 }, (_, input) => 2 * input))
})

test('is read while a thread works on a chunk of a given size', { timeout: 60_000 }, async () => {
  const pool = makePool({ threads: 1 })
  const quick = () => ({ words: new Int32Array(3), milliseconds: 3, blocks: false })
  for (let call = 0; call < 5; call += 1) await pool.run('busyOrBlocked', quick())
  const held = new Words()
  let pulls = 0
  async function* inputs() {
    yield { ...quick(), words: held.words, blocks: true }
    for (pulls = 1; pulls < 6; pulls += 1) yield quick()
  }
  const mapped = pool.map('busyOrBlocked', inputs(), { chunkSize: 2 })
  await held.started()
  await until(() => pulls > 3)
  held.release()
  expect(await mapped).toHaveLength(6)
})

test('leaves each call that it cancels settled once', { timeout: 60_000 }, async () => {
  const metrics = new MetricsRegistry()
  const pool = makePool({ threads: 1, metrics })
  await pool.map('double', Array(1_000).fill(1)) // so that what waits travels together
  const held = new Words()
  const blocked = pool.run('block', held)
  await held.started()
  const controller = new AbortController()
  const { signal } = controller
  const runs = Array.from({ length: 4 }, () => pool.run('double', 1, { signal }))
  function* inputs() {
    controller.abort()
    yield 1
  }
  const mapped = pool.map('double', inputs())
  held.release()
  const outcomes = await Promise.allSettled(runs)
  expect(await mapped).toEqual([2])
  await blocked
  const accepted = pool.run('threadAfter', 100)
  await pool.close()
  expect(await accepted).toEqual(expect.any(Number))
  expect(outcomes).toHaveLength(4)
  expect(totals(metrics)).toEqual({ submitted: 1_007, settled: 1_007, waiting: 0 })
})

test('leaves no call open when it destroys the pool', { timeout: 60_000 }, async () => {
  const pool = makePool({ threads: 1 })
  await pool.map('double', Array(1_000).fill(1))
  const held = new Words()
  const blocked = pool.run('block', held)
  await held.started()
  const runs = Array.from({ length: 4 }, () => pool.run('double', 1))
  function* inputs() {
    void pool.destroy()
    yield 1
  }
  const mapped = failure(pool.map('double', inputs()))
  held.release()
  await Promise.allSettled([blocked, ...runs])
  expect(await mapped).toMatchObject({ code: 'ERR_THREEPLY_CLOSED' })
})

describe('a getter in an input, read when its message is made', { timeout: 60_000 }, () => {
  /** Its getter calls `act`, each time that it is read, from the `nth` on. */
  function acting(act: () => void, nth: number): object {
    let reads = 0
    return Object.defineProperty({}, 'acts', {
      enumerable: true,
      get: () => {
        reads += 1
        if (reads >= nth) act()
        return 1
      },
    })
  }

  test.each([1, 2])('that cancels its own call settles that once (read %i)', async (nth) => {
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: 1, metrics })
    await pool.warmUp()
    const ending = ['run', 'map', 'key'].map(async (how) => {
      const controller = new AbortController()
      const input = acting(() => controller.abort(), nth)
      const options = { signal: controller.signal, ...(how === 'key' ? { key: 1 } : {}) }
      if (how === 'map') return await failure(pool.map('echo', [input], options))
      return await failure(pool.run('echo', input, options))
    })
    for (const error of await Promise.all(ending)) expect(error.name).toBe('AbortError')
    const accepted = pool.run('threadAfter', 50)
    await pool.close()
    expect(await accepted).toEqual(expect.any(Number))
    expect(totals(metrics)).toEqual({ submitted: 4, settled: 4, waiting: 0 })
  })

  test.each([1, 2])('that destroys the pool leaves no call open (read %i)', async (nth) => {
    const pool = makePool({ threads: 1 })
    await pool.warmUp()
    const input = acting(() => void pool.destroy(), nth)
    const calls = [pool.run('echo', input), pool.map('echo', [1, input])]
    for (const call of calls) expect((await failure(call)).code).toBe('ERR_THREEPLY_CLOSED')
  })
})

test.each(['throws', 'aborts'])(
  'starts nothing that it has given before it %s',
  {
    timeout: 60_000,
  },
  async (how) => {
    const pool = makePool({ threads: 1 })
    const controller = new AbortController()
    const held = [new Words(), new Words(), new Words()] as const
    const thrown = new RangeError('no more')
    function* inputs() {
      yield { words: held[0].words }
      yield { words: held[1].words }
      if (how === 'throws') throw thrown
      controller.abort(thrown)
      yield { words: held[2].words }
    }
    const options = { chunkSize: 4, transfer: [new ArrayBuffer(8)], signal: controller.signal }
    expect(await failure(pool.map('spin', inputs(), options))).toBe(thrown)
    expect(held.map(({ starts }) => starts)).toEqual([0, 0, 0])
    expect(await pool.run('double', 1)).toBe(2)
  },
)

describe('an iterable that, while it is asked for its iterator,', { timeout: 60_000 }, () => {
  type Start = (pool: Pool, inputs: Iterable<number>, options: MapOptions) => Promise<unknown>
  const calls: Record<string, Start> = {
    map: (pool, inputs, options) => pool.map('double', inputs, options),
    mapSettled: (pool, inputs, options) => pool.mapSettled('double', inputs, options),
    reduce: (pool, inputs, options) => pool.reduce('addUnlessOdd', inputs, options),
    stream: (pool, inputs, options) => collect(pool.stream('double', inputs, options)),
  }

  describe.each(Object.entries(calls))('of %s', (_, start) => {
    test('aborts the call has it reject with the reason', async () => {
      const controller = new AbortController()
      const reason = new RangeError('no more')
      const inputs = asked([2, 4], () => controller.abort(reason))
      const { signal } = controller
      expect(await failure(start(makePool(), inputs, { signal }))).toBe(reason)
    })

    test('destroys the pool has it reject as closed', async () => {
      const pool = makePool()
      const inputs = asked([2, 4], () => void pool.destroy())
      const error = await failure(start(pool, inputs, {}))
      expect(error).toBeInstanceOf(ClosedError)
      await pool.destroy()
    })

    test('closes the pool has the pool wait for it', async () => {
      const pool = makePool()
      let closed: Promise<void> | undefined
      const inputs = asked([2, 4], () => {
        closed = pool.close()
      })
      const outcome = start(pool, inputs, {})
      await closed
      expect(await outcome).toBeDefined()
    })
  })

  function asked(inputs: readonly number[], onAsked: () => void): Iterable<number> {
    return {
      [Symbol.iterator]() {
        onAsked()
        return inputs[Symbol.iterator]()
      },
    }
  }
})

test('an option that closes the pool when it is read has its call refused', async () => {
  const pool = makePool()
  const options = {
    get priority() {
      void pool.close()
      return 0
    },
  }
  expect(await failure(pool.run('double', 1, options))).toBeInstanceOf(ClosedError)
})

async function collect<Output>(outputs: AsyncIterable<Output>): Promise<Output[]> {
  const all: Output[] = []
  for await (const output of outputs) all.push(output)
  return all
}
