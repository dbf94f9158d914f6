/** How a call fails: with what error, and what becomes of the rest. */
import { rejection, turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { InvalidOptionError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Gate, untilAborted } from './fixtures/gate.ts'

const make = (concurrency = 2) => new AsyncExecutor({ concurrency })

describe('a failure', () => {
  test.each([new Error('mine'), 'a string', undefined, null, 0])(
    'is the very thing that was thrown: %s',
    async (thrown) => {
      const fail = () => {
        throw thrown
      }
      const failLater = () => Promise.reject(thrown)
      expect(await rejection(make().run(fail))).toBe(thrown)
      expect(await rejection(make().run(failLater))).toBe(thrown)
      expect(await rejection(make().map([1], fail))).toBe(thrown)
      expect(await rejection(make().forEach([1], failLater))).toBe(thrown)
      expect(await make().mapSettled([1], fail)).toEqual([{ status: 'rejected', reason: thrown }])
    },
  )

  test('of one run leaves the others alone', async () => {
    const executor = make(1)
    const failed = rejection(executor.run(() => Promise.reject(new Error('mine'))))
    expect(await executor.run(() => 'next')).toBe('next')
    expect(await failed).toHaveProperty('message', 'mine')
  })

  test('of a map cancels what runs, waits for its end, and then rejects', async () => {
    const executor = make(3)
    const gate = new Gate()
    const reasons: unknown[] = []
    const thrown = new Error('mine')
    const mapped = executor.map([0, 1, 2], async (input, { signal }) => {
      if (input === 2) throw thrown
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      await gate.wait(undefined)
    })
    const watched = watch(mapped)
    await until(() => reasons.length === 2, 'both to be cancelled')
    await turns()
    expect(watched.settled).toBe(false)
    expect(executor.running).toBe(2)
    gate.open()
    expect(await rejection(mapped)).toBe(thrown)
    expect(reasons).toEqual([thrown, thrown])
    expect(executor.running).toBe(0)
  })

  test("with onFailure: 'drain' lets what runs finish, and then rejects", async () => {
    const executor = make(3)
    const gate = new Gate()
    const ended: number[] = []
    const signals: AbortSignal[] = []
    const thrown = new Error('mine')
    const mapped = executor.map(
      [0, 1, 2, 3, 4],
      async (input, { signal }) => {
        if (input === 2) throw thrown
        signals.push(signal)
        await gate.wait(undefined)
        ended.push(input)
      },
      { onFailure: 'drain' },
    )
    const watched = watch(mapped)
    await until(() => executor.running === 2, 'the failure')
    await turns()
    expect(watched.settled).toBe(false)
    gate.open()
    expect(await rejection(mapped)).toBe(thrown)
    expect(ended).toEqual([0, 1])
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
  })

  test('of a map stops the pulling, and closes the iterable once', async () => {
    let pulled = 0
    let closed = 0
    const inputs = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false as const, value: pulled++ }),
        return: () => {
          closed += 1
          throw new Error('gives way to the failure')
        },
      }),
    }
    const thrown = new Error('mine')
    const mapped = make(2).map(inputs, (input) => {
      if (input === 5) throw thrown
    })
    expect(await rejection(mapped)).toBe(thrown)
    expect(closed).toBe(1)
    expect(pulled).toBeLessThan(9)
  })

  test('the first of several is the one', async () => {
    const mapped = make(4).map([3, 2, 1, 0], async (turnsToWait) => {
      await turns(turnsToWait)
      throw new Error(`after ${turnsToWait}`)
    })
    expect(await rejection(mapped)).toHaveProperty('message', 'after 0')
  })

  test('a function that its cancellation made fail does not replace it', async () => {
    const thrown = new Error('mine')
    const mapped = make(2).map([0, 1], (input, context) =>
      input === 0 ? untilAborted(context) : Promise.reject(thrown),
    )
    expect(await rejection(mapped)).toBe(thrown)
  })

  test('of the iterable rejects, when what runs has ended; it is not closed as well', async () => {
    let closed = false
    const thrown = new Error('mine')
    const inputs = {
      [Symbol.asyncIterator]: () => {
        let pulled = 0
        return {
          next: async () => {
            pulled += 1
            if (pulled > 2) throw thrown
            return { done: false as const, value: pulled }
          },
          return: async () => {
            closed = true
            return { done: true as const, value: undefined }
          },
        }
      },
    }
    const executor = make(4)
    const mapped = executor.mapSettled(inputs, (_input, context) => untilAborted(context))
    expect(await rejection(mapped)).toBe(thrown)
    expect(executor.running).toBe(0)
    expect(closed).toBe(false)
  })

  test.each([
    ['an iterator that is none', { [Symbol.iterator]: () => 7 }],
    [
      'an async iterator whose results are none',
      { [Symbol.asyncIterator]: () => ({ next: async () => 7 }) },
    ],
    [
      'a getter that throws',
      {
        get [Symbol.iterator](): never {
          throw new TypeError('mine')
        },
      },
    ],
  ])('%s rejects with a TypeError', async (_what, inputs) => {
    const mapped = make().map(inputs as never, (input) => input)
    expect(await rejection(mapped)).toBeInstanceOf(TypeError)
  })

  test('mapSettled goes on after failures, in the order of the inputs', async () => {
    const results = await make(2).mapSettled([3, 0, 2], async (input) => {
      await turns(input)
      if (input === 2) throw new Error('two')
      return input
    })
    expect(results).toEqual([
      { status: 'fulfilled', value: 3 },
      { status: 'fulfilled', value: 0 },
      { status: 'rejected', reason: new Error('two') },
    ])
  })

  test('nothing becomes an unhandled rejection that the caller has not seen', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const executor = make(4)
    const controller = new AbortController()
    const failing = rejection(
      executor.map([1, 2, 3, 4], async (input) => {
        await turns(input)
        throw new Error(`${input}`)
      }),
    )
    const aborted = rejection(
      executor.map([1, 2, 3], untilAbortedInput, { signal: controller.signal }),
    )
    const stream = executor.stream([1, 2, 3], untilAbortedInput)
    const next = stream.next()
    await turns()
    controller.abort()
    await stream.return()
    expect(await next).toEqual({ done: true, value: undefined })
    await Promise.all([failing, aborted])
    await executor.destroy()
    await turns()
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })
})

const untilAbortedInput = (_input: number, context: { readonly signal: AbortSignal }) =>
  untilAborted(context)

describe('bad input', () => {
  const bad = (what: unknown) => what as never

  test.each([
    [undefined, 'options'],
    [{}, 'concurrency'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 2, limit: 3 }, 'limit'],
    [{ concurrency: 2, metrics: {} }, 'metrics'],
  ])('new AsyncExecutor(%j) throws', (options, option) => {
    const make = () => new AsyncExecutor(bad(options))
    expect(make).toThrow(InvalidOptionError)
    expect(make).toThrow(expect.objectContaining({ option }))
  })

  test.each([0, -1, 1.5, Number.NaN, '2', null, undefined])(
    'setting concurrency to %s throws, and changes nothing',
    (concurrency) => {
      const executor = make(2)
      expect(() => {
        executor.concurrency = bad(concurrency)
      }).toThrow(InvalidOptionError)
      expect(executor.concurrency).toBe(2)
    },
  )

  test.each([
    ['fn', (executor: AsyncExecutor) => executor.run(bad(7))],
    ['fn', (executor: AsyncExecutor) => executor.map([1], bad(undefined))],
    ['options', (executor: AsyncExecutor) => executor.run(() => 1, bad(7))],
    [
      'onFailure',
      (executor: AsyncExecutor) => executor.map([1], () => 1, bad({ onFailure: 'stop' })),
    ],
    ['deadline', (executor: AsyncExecutor) => executor.close(bad({ deadline: -1 }))],
  ])('%s is refused by a rejection', async (option, call) => {
    const executor = make()
    const error = await rejection(call(executor))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toHaveProperty('option', option)
    expect(await executor.run(() => 'unharmed')).toBe('unharmed')
  })

  test.each([
    ['order', { order: 'random' }],
    ['indexed', { indexed: 1 }],
    ['readAhead', { readAhead: -1 }],
  ])('%s of a stream throws at once', (option, options) => {
    expect(() => make().stream([1], () => 1, bad(options))).toThrow(
      expect.objectContaining({ option }),
    )
  })
})
