/** Outputs while the rest runs: chunks, read-ahead, leaving, failing, closing. */

import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { TaskTimeoutError } from '@threeply/task'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failure, makePool, TASKS, until, Words } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

/** The whole numbers from 0, and how many were asked for. */
class Numbers {
  pulled = 0
  isClosed = false
  readonly #count: number

  constructor(count = Number.POSITIVE_INFINITY) {
    this.#count = count
  }

  *[Symbol.iterator](): Generator<number> {
    try {
      while (this.pulled < this.#count) {
        this.pulled += 1
        yield this.pulled - 1
      }
    } finally {
      this.isClosed = true
    }
  }
}

test('gives what map gives, whatever the chunks and the read-ahead', OPTIONS, async () => {
  const pool = makePool()
  const inputs = fc.array(fc.integer(), { maxLength: 400 })
  const options = fc.record({
    order: fc.constantFrom('input' as const, 'completion' as const),
    chunkSize: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    readAhead: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(inputs, fc.boolean(), options, async (values, isAsync, choice) => {
      const source = isAsync ? asyncOf(values) : values
      const pairs: [number, number][] = []
      const outputs = pool.stream('double', source, { ...choice, indexed: true })
      for await (const pair of outputs) pairs.push(pair)
      if (choice.order === 'completion') pairs.sort(([a], [b]) => a - b)
      expect(pairs).toEqual(values.map((value, index) => [index, value * 2]))
    }),
    { numRuns: 60 },
  )
})

describe('reading ahead', OPTIONS, () => {
  test.each([0, 5])(
    'holds %i outputs beside two chunks a thread, and goes on',
    async (readAhead) => {
      const pool = makePool({ threads: 1 })
      const numbers = new Numbers()
      const stream = pool.stream('double', numbers, { chunkSize: 10, readAhead, order: 'input' })
      const bound = 2 * 10 + readAhead
      for (let taken = 1; taken <= 100; taken += 1) {
        expect(await stream.next()).toEqual({ done: false, value: 2 * (taken - 1) })
        expect(numbers.pulled).toBeLessThanOrEqual(taken + bound)
      }
      await until(() => numbers.pulled > 100 + bound - bound / 8 - 1)
      expect(numbers.pulled).toBeLessThanOrEqual(100 + bound)
      await stream.return()
      expect(numbers.isClosed).toBe(true)
    },
  )

  test.each([2, 3, 10])(
    'of an async iterable counts what a message of %i has just taken',
    async (size) => {
      let pulled = 0
      async function* numbers(): AsyncGenerator<number> {
        for (;;) {
          pulled += 1
          yield pulled
          if (pulled % 5 === 0) await new Promise(setImmediate)
        }
      }
      const stream = makePool({ threads: 1 }).stream('double', numbers(), {
        chunkSize: size,
        readAhead: 0,
      })
      for (let taken = 1; taken <= 300; taken += 1) {
        await stream.next()
        expect(pulled).toBeLessThanOrEqual(taken + 2 * size)
        if (taken % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await stream.return()
    },
  )

  test('a slow reader makes no messages of single inputs', async () => {
    const { MetricsRegistry } = await import('@threeply/metrics')
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: 1, metrics })
    await pool.map('double', new Numbers(10_000)) // by now it is known to cost little
    const messages = () =>
      metrics
        .snapshot()
        .timelines.flatMap((timeline) => timeline.spans)
        .filter(({ name }) => name === 'serialise').length
    const before = messages()
    expect(before).toBeGreaterThan(0)
    let read = 0
    for await (const output of pool.stream('double', new Numbers(20_000), { order: 'input' })) {
      expect(output).toBe(2 * read)
      read += 1
      if (read % 50 === 0) await new Promise(setImmediate)
    }
    expect(read).toBe(20_000)
    expect(messages() - before).toBeLessThan(2_000)
  })

  test('nothing is pulled before the first output is asked for', async () => {
    const numbers = new Numbers()
    const stream = makePool().stream('double', numbers)
    await new Promise(setImmediate)
    expect(numbers.pulled).toBe(0)
    await stream.return()
    expect(numbers.pulled).toBe(0)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('a million tasks in flat memory', { timeout: 120_000 }, async () => {
    const pool = makePool()
    let sum = 0
    let peak = 0
    let count = 0
    const start = process.memoryUsage().heapUsed
    for await (const output of pool.stream('double', new Numbers(1_000_000))) {
      sum += output
      count += 1
      if (count % 50_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed)
    }
    expect(sum).toBe(1_000_000 * 999_999)
    // The outputs alone, kept, would be 8 MB, and a promise for each far over 100.
    expect(peak - start).toBeLessThan(100e6)
  })
})

describe('leaving the loop', OPTIONS, () => {
  test('cancels what runs, waits for its end, and closes the inputs', async () => {
    const held = new Words()
    const pool = makePool({ threads: 1 })
    let isClosed = false
    async function* inputs() {
      try {
        for (;;) yield held
      } finally {
        isClosed = true
      }
    }
    const stream = pool.stream('spin', inputs(), { chunkSize: 1 })
    void stream.next()
    await held.started()
    await stream.return()
    expect(isClosed).toBe(true)
    expect(held.ends).toBe(held.starts)
    expect(await pool.run('double', 1)).toBe(2)
  })

  test('twice at once ends both times', async () => {
    const held = new Words()
    const stream = makePool({ threads: 1 }).stream('spin', [held])
    void stream.next()
    await held.started()
    expect(await Promise.all([stream.return(), stream.return()])).toHaveLength(2)
  })

  test('by the inputs themselves, when the first is asked for, stops the pulling', async () => {
    const pool = makePool({ threads: 1 })
    let pulls = 0
    let left: Promise<unknown> | undefined
    function* inputs() {
      left = stream.return()
      for (;;) {
        pulls += 1
        yield 1
      }
    }
    const stream: AsyncIterator<number> & { return(): Promise<unknown> } = pool.stream(
      'double',
      inputs(),
    )
    expect(await stream.next()).toMatchObject({ done: true })
    await left
    const pulled = pulls
    for (let call = 0; call < 50; call += 1) await pool.run('double', call)
    expect(pulls).toBe(pulled)
    await pool.close()
  })

  test('waits for inputs that take a while to close', async () => {
    let close = () => {}
    const closed = new Promise<void>((resolve) => {
      close = resolve
    })
    let pulls = 0
    async function* inputs() {
      try {
        for (; ; pulls += 1) yield pulls
      } finally {
        await closed
      }
    }
    const stream = makePool({ threads: 1 }).stream('double', inputs(), { chunkSize: 1 })
    await stream.next()
    let pulled: number
    do {
      pulled = pulls
      await delay(10)
    } while (pulls > pulled) // until it has read ahead, and the generator has paused
    const left = stream.return().then(() => 'left')
    expect(await Promise.race([left, delay(50, 'waits')])).toBe('waits')
    close()
    expect(await left).toBe('left')
  })

  test.each(['close', 'abort'])('waits for inputs that never close until a %s', async (end) => {
    const controller = new AbortController()
    const pool = makePool({ threads: 1 })
    const inputs = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: 1 }),
        return: () => new Promise<never>(() => {}),
      }),
    }
    const { signal } = controller
    const stream = pool.stream('double', inputs, { chunkSize: 1, readAhead: 0, signal })
    await stream.next()
    const left = stream.return()
    if (end === 'close') await pool.close({ deadline: 20 })
    else setTimeout(() => controller.abort(), 20)
    expect(await left).toEqual({ done: true, value: undefined })
  })

  test('waits for inputs that are in the middle of the next, and not for ever', async () => {
    let isClosed = false
    const states: string[] = []
    async function* inputs(pause: Promise<unknown>) {
      try {
        yield 1
        states.push('in the middle')
        await pause
        yield 2
      } finally {
        await delay(20)
        isClosed = true
      }
    }
    const pool = makePool({ threads: 1, grace: 30 })
    const stuck = pool.stream('double', inputs(new Promise(() => {})))
    await stuck.next()
    await until(() => states.length === 1)
    expect(await stuck.return()).toEqual({ done: true, value: undefined })
    expect(isClosed).toBe(false)
    const paused = pool.stream('double', inputs(delay(50)), { grace: 60_000 })
    await paused.next()
    await until(() => states.length === 2)
    await paused.return()
    expect(isClosed).toBe(true)
  })

  test('rejects with what closing the inputs throws, as leaving any loop does', async () => {
    const thrown = new Error('mine')
    const inputs = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false as const, value: 1 }),
        return: () => {
          throw thrown
        },
      }),
    }
    const stream = makePool().stream('double', inputs)
    await stream.next()
    expect(await failure(stream.return())).toBe(thrown)
  })
})

describe('a failure', OPTIONS, () => {
  test('comes after the outputs that were there, with its index', async () => {
    const outputs: number[] = []
    const read = async () => {
      // On one thread: another could steal the failure, and be faster with it.
      const stream = makePool({ threads: 1 }).stream('throwIfOdd', [0, 2, 4, 6, 7, 8], {
        chunkSize: 6,
        order: 'input',
      })
      for await (const output of stream) outputs.push(output)
    }
    const error = await failure(read())
    expect(error).toMatchObject({ message: '7 is odd', task: { name: 'throwIfOdd', index: 4 } })
    expect(outputs).toEqual([0, 2, 4, 6])
  })

  test('a timeout counts from the first that is asked for', async () => {
    const held = new Words()
    const stream = makePool({ threads: 1 }).stream('spin', [held], { timeout: 50 })
    const error = await failure(stream.next())
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(held.ends).toBe(held.starts)
  })

  test('bad options are thrown at once', () => {
    const pool = makePool()
    const bad = (options: object) => () => pool.stream('double', [1], options)
    expect(bad({ order: 'random' })).toThrow(expect.objectContaining({ option: 'order' }))
    expect(bad({ indexed: 1 })).toThrow(expect.objectContaining({ option: 'indexed' }))
    expect(bad({ readAhead: -1 })).toThrow(expect.objectContaining({ option: 'readAhead' }))
    expect(bad({ timeout: -1 })).toThrow(expect.objectContaining({ option: 'timeout' }))
    const inputs = 7 as unknown as number[]
    expect(() => pool.stream('double', inputs)).toThrow(
      expect.objectContaining({ option: 'inputs' }),
    )
  })
})

describe('close', OPTIONS, () => {
  test('waits for a stream that has begun', async () => {
    const pool = makePool()
    const stream = pool.stream('double', new Numbers(1_000))
    let sum = (await stream.next()).value!
    const closed = pool.close()
    for await (const output of stream) sum += output
    expect(sum).toBe(1_000 * 999)
    await closed
  })

  test('refuses one that has not', async () => {
    const pool = makePool()
    const stream = pool.stream('double', [1])
    await pool.close()
    expect(await failure(stream.next())).toMatchObject({ code: 'ERR_THREEPLY_CLOSED' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('destroy rejects one that nobody reads', async () => {
    const pool = makePool()
    const stream = pool.stream('double', new Numbers())
    await stream.next()
    await pool.destroy()
    expect(await failure(stream.next())).toMatchObject({ code: 'ERR_THREEPLY_CLOSED' })
  })
})

test(
  'a process ends beside a stream that nobody reads on, whatever its timeout',
  OPTIONS,
  async () => {
    const program = `
    import { ForkJoinPool } from '@threeply/fork-join'
    const pool = new ForkJoinPool('${TASKS.href}', { threads: 1 })
    const numbers = (function* () { for (let n = 0; ; n += 1) yield n })()
    console.log((await pool.stream('double', numbers, { timeout: 2 ** 30 }).next()).value)`
    expect(await outputOf(program)).toBe('0\n')
  },
)

test('a process that closes the pool waits for the timeout of such a stream', OPTIONS, async () => {
  const program = `
    import { ForkJoinPool } from '@threeply/fork-join'
    const pool = new ForkJoinPool('${TASKS.href}', { threads: 1 })
    const numbers = (function* () { for (let n = 0; ; n += 1) yield n })()
    await pool.stream('double', numbers, { timeout: 500 }).next()
    await pool.close()
    console.log('closed')`
  expect(await outputOf(program)).toBe('closed\n')
})

/** What a program prints, when it has ended by itself. */
async function outputOf(program: string): Promise<string> {
  const flags = ['--conditions=@threeply/source', '--input-type=module', '--eval']
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], { cwd })
  return stdout
}

async function* asyncOf<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  for (const [index, value] of values.entries()) {
    if (index % 3 === 0) await null
    yield value
  }
}
