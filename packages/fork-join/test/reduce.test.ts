/** `reduce`: whatever the chunks and the threads, what a fold from the left gives. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Inputs } from '../src/index.ts'
import { failure, makePool, Words } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

describe('reduce', OPTIONS, () => {
  test.each([1, 2, 3])('is the fold from the left, on %i threads', async (threads) => {
    const pool = makePool({ threads })
    const call = fc.record({
      texts: fc.array(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 300 }),
      initial: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
      chunkSize: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
      task: fc.constantFrom('concat' as const, 'concatLater' as const),
      source: fc.constantFrom<(texts: readonly string[]) => Inputs<string>>(
        asArray,
        asGenerator,
        asAsyncGenerator,
      ),
    })
    await fc.assert(
      fc.asyncProperty(call, async ({ texts, initial, chunkSize, task, source }) => {
        const joined = await pool.reduce(task, source(texts), { initial, chunkSize })
        expect(joined).toBe((initial ?? '') + texts.join(''))
      }),
      { numRuns: 60 },
    )
  })

  test('of many inputs needs few messages', async () => {
    const { MetricsRegistry } = await import('@threeply/metrics')
    const metrics = new MetricsRegistry()
    const pool = makePool({ metrics })
    const texts = Array.from({ length: 100_000 }, (_, index) => `${index % 10}`)
    expect(await pool.reduce('concat', texts)).toBe(texts.join(''))
    const submitted = metrics
      .snapshot()
      .series.find(({ name }) => name === 'threeply_tasks_submitted_total')
    expect(submitted?.value).toBeLessThan(20_000) // pairs alone would be 99,999
  })

  test('of one input is that very input, and of none the initial', async () => {
    const pool = makePool()
    const only: number[] = [1]
    expect(await pool.reduce('appendTo', [only])).toBe(only)
    expect(await pool.reduce('appendTo', [], { initial: only })).toBe(only)
    expect(await pool.reduce('appendTo', asAsyncGenerator([only]))).toBe(only)
  })

  test.each([
    ['an array', () => []],
    ['a generator', () => asGenerator([])],
    ['an async generator', () => asAsyncGenerator([])],
  ])('of nothing, in %s, without an initial is refused', async (_what, inputs) => {
    const error = await failure(makePool().reduce('concat', inputs()))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option: 'initial' })
  })

  test('an object that several inputs have in common is not shared by them', async () => {
    const list = [1]
    const joined = await makePool().reduce('appendTo', Array(40).fill(list), { chunkSize: 40 })
    expect(joined.length).toBeGreaterThanOrEqual(40)
    expect(list).toEqual([1])
    const own = Array.from({ length: 200 }, (_, index) => [index])
    expect(await makePool().reduce('appendTo', own, { chunkSize: 40 })).toEqual(own.flat())
  })

  test('what a call moves arrives, from folds of many', async () => {
    const arrays = Array.from({ length: 50 }, (_, index) => new Float64Array([index, 1]))
    for (const chunkSize of [2, 20]) {
      expect(await makePool().reduce('addInPlace', arrays, { chunkSize })).toEqual(
        new Float64Array([(50 * 49) / 2, 50]),
      )
    }
  })

  test('moves inputs when asked to', async () => {
    const arrays = Array.from({ length: 5 }, (_, index) => new Float64Array([index]))
    const transfer = arrays.map(({ buffer }) => buffer)
    expect(await makePool().reduce('addInPlace', arrays, { transfer })).toEqual(
      new Float64Array([10]),
    )
    expect(arrays.every(({ length }) => length === 0)).toBe(true)
  })

  test('the first failure ends it, with the place of the first of the joined', async () => {
    const pool = makePool()
    const error = await failure(pool.reduce('addUnlessOdd', [2, 4, 6, 8, 7, 10], { chunkSize: 2 }))
    const message = expect.stringMatching(/ is odd$/)
    expect(error).toMatchObject({ message, task: { name: 'addUnlessOdd' } })
    expect((error.task as { index: number }).index).toBeLessThanOrEqual(4)
    const thrown = new RangeError('broken')
    function* inputs() {
      yield 2
      throw thrown
    }
    expect(await failure(pool.reduce('addUnlessOdd', inputs()))).toBe(thrown)
    expect(await pool.reduce('addUnlessOdd', [2, 4])).toBe(6)
  })

  test('an abort and a timeout cancel what runs, and wait for its end', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const controller = new AbortController()
    const { signal } = controller
    const call = failure(pool.reduce('spinOnPair', [held, held, held], { signal }))
    await held.started()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(held.ends).toBe(1)
    const error = await failure(pool.reduce('spinOnPair', [held, held], { timeout: 20 }))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_TIMEOUT' })
    expect(held.ends).toBe(held.starts)
    expect(await failure(pool.reduce('concat', ['a', 'b'], { signal }))).toBe(reason)
  })

  test('destroy rejects it', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const call = failure(pool.reduce('spinOnPair', [held, held]))
    await held.started()
    await pool.destroy()
    expect(await call).toMatchObject({ code: 'ERR_THREEPLY_CLOSED' })
  })
})

function asArray<Value>(values: readonly Value[]): Iterable<Value> {
  return values
}

function* asGenerator<Value>(values: readonly Value[]): Generator<Value> {
  yield* values
}

async function* asAsyncGenerator<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  for (const [index, value] of values.entries()) {
    if (index % 7 === 0) await new Promise(setImmediate)
    yield value
  }
}

test(
  'an iterable that throws when it is first asked, async or not, rejects it',
  OPTIONS,
  async () => {
    const thrown = new RangeError('not even one')
    const next = () => {
      throw thrown
    }
    const pool = makePool()
    const inputs = [
      { [Symbol.asyncIterator]: () => ({ next }) },
      { [Symbol.iterator]: () => ({ next }) },
    ]
    for (const each of inputs) {
      expect(await failure(pool.reduce('addUnlessOdd', each as Iterable<number>))).toBe(thrown)
    }
    await pool.close()
  },
)
