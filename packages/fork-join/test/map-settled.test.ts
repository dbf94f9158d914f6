/** `mapSettled`: failures of tasks are results; nothing else is. */
import { describe, expect, test } from 'vitest'
import { failure, makePool, Words } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

describe('mapSettled', OPTIONS, () => {
  test.each([1, 7, undefined])(
    'settles each input in its place, %s a message',
    async (chunkSize) => {
      const inputs = Array.from({ length: 100 }, (_, index) => index)
      const results = await makePool().mapSettled('throwIfOdd', inputs, { chunkSize })
      results.forEach((result, index) => {
        if (index % 2 === 0) expect(result).toEqual({ status: 'fulfilled', value: index })
        else {
          expect(result).toMatchObject({
            status: 'rejected',
            reason: { message: `${index} is odd` },
          })
          expect((result as PromiseRejectedResult).reason.task).toMatchObject({ index })
        }
      })
      expect(results).toHaveLength(100)
    },
  )

  test('takes what cannot be sent, and a task that ends its thread, as failures too', async () => {
    const pool = makePool()
    const inputs = [{ exits: false }, { exits: () => {} }, { exits: true }, { exits: false }]
    const results = await pool.mapSettled('finishThenExit', inputs as { exits: boolean }[], {
      chunkSize: 1,
    })
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
    expect(results[1]).toMatchObject({ reason: { code: 'ERR_THREEPLY_SERIALIZATION' } })
    expect(results[2]).toMatchObject({ reason: { code: 'ERR_THREEPLY_THREAD_EXIT' } })
  })

  test.each([
    ['nothing', 5, 'next() gave 5'],
    ['null', null, 'next() gave null'],
  ])('an iterator that gives %s for a result ends its call', async (_, result, message) => {
    const bad = { next: () => result as unknown as IteratorResult<number> }
    for (const inputs of [
      { [Symbol.iterator]: () => bad },
      { [Symbol.asyncIterator]: () => bad as unknown as AsyncIterator<number> },
    ]) {
      const error = await failure(makePool().map('double', inputs))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toContain(message)
    }
  })

  test.each([Symbol.iterator, Symbol.asyncIterator])(
    'refuses what gives no iterator for %s',
    async (symbol) => {
      const inputs = { [symbol]: () => ({}) } as unknown as Iterable<number>
      expect(await failure(makePool().map('double', inputs))).toMatchObject({
        code: 'ERR_THREEPLY_INVALID_OPTION',
      })
    },
  )

  test('takes async iterables, and nothing', async () => {
    async function* inputs() {
      yield 1
      yield 2
    }
    const pool = makePool()
    expect(await pool.mapSettled('throwIfOdd', inputs())).toMatchObject([
      { status: 'rejected' },
      { status: 'fulfilled', value: 2 },
    ])
    expect(await pool.mapSettled('throwIfOdd', [])).toEqual([])
  })

  test('of a module that cannot be loaded, every input has failed', async () => {
    const module = new URL('./fixtures/throws-at-load.ts', import.meta.url)
    const results = await makePool({}, module).mapSettled('double', Array(5_000).fill(1))
    expect(results).toHaveLength(5_000)
    for (const result of results) {
      expect(result).toMatchObject({ reason: { code: 'ERR_THREEPLY_TASK_MODULE' } })
    }
  })

  test('rejects when it is aborted, and with what the iterable throws', async () => {
    const pool = makePool()
    const held = new Words()
    const controller = new AbortController()
    const call = failure(pool.mapSettled('spin', [held, held], { signal: controller.signal }))
    await held.started()
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(held.ends).toBe(held.starts)

    const thrown = new RangeError('broken')
    function* inputs() {
      yield 1
      throw thrown
    }
    expect(await failure(pool.mapSettled('double', inputs()))).toBe(thrown)
  })

  test('rejects with the time that ran out, as the whole call had it', async () => {
    const held = new Words()
    const error = await failure(makePool().mapSettled('spin', [held], { timeout: 30 }))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_TIMEOUT', timeout: 30 })
  })
})
