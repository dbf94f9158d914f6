/** A function that fails is called again, later, and without a slot in between. */
import { failure, rejection, turns, until } from '@threeply/conformance'
import { AsyncExecutor, type RetryOptions } from '@threeply/executor'
import { InvalidOptionError, TaskTimeoutError } from '@threeply/task'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Retries } from '../src/retry.ts'
import { retryAfter } from '../src/retry-after.ts'
import { Gate } from './fixtures/gate.ts'

const soon = { minDelay: 0, maxDelay: 1 }

test('until it succeeds, with the number of the attempt', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const seen: number[] = []
  const output = await executor.run(
    ({ attempt }) => {
      seen.push(attempt)
      if (attempt < 3) throw new Error(`attempt ${attempt}`)
      return 'done'
    },
    { retry: { attempts: 5, ...soon } },
  )
  expect(output).toBe('done')
  expect(seen).toEqual([1, 2, 3])
})

test('as often as is said, and then rejects with the last error', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  let calls = 0
  const error = await failure(
    executor.run(
      () => {
        calls += 1
        throw new Error(`attempt ${calls}`)
      },
      { retry: { attempts: 3, ...soon } },
    ),
  )
  expect(error.message).toBe('attempt 3')
  expect(calls).toBe(3)
})

test.each(['map', 'mapSettled', 'stream'] as const)(
  'each input of %s by itself',
  async (method) => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const retry = { attempts: 3, ...soon }
    const task = async (input: number, { attempt }: { readonly attempt: number }) => {
      await turns(1)
      if (attempt <= input) throw new Error(`attempt ${attempt} of ${input}`)
      return input
    }
    if (method === 'map') {
      expect(await executor.map([2, 0, 1], task, { retry })).toEqual([2, 0, 1])
      expect(await failure(executor.map([0, 3], task, { retry }))).toHaveProperty(
        'message',
        'attempt 3 of 3',
      )
    } else if (method === 'mapSettled') {
      const results = await executor.mapSettled([2, 3], task, { retry })
      expect(results).toEqual([
        { status: 'fulfilled', value: 2 },
        { status: 'rejected', reason: new Error('attempt 3 of 3') },
      ])
    } else {
      const outputs: number[] = []
      for await (const output of executor.stream([2, 0, 1], task, { retry, order: 'input' })) {
        outputs.push(output)
      }
      expect(outputs).toEqual([2, 0, 1])
    }
  },
)

test('the slot is free while it is put off, and it counts as waiting', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const retried = rejection(
    executor.run(() => Promise.reject(new Error('mine')), {
      retry: { attempts: 2, minDelay: 600_000, maxDelay: 600_000 },
    }),
  )
  await until(() => executor.waiting === 1 && executor.running === 0, 'it to be put off')
  expect(await executor.run(() => 'next')).toBe('next')
  executor.clear()
  expect(await retried).toHaveProperty('code', 'ERR_THREEPLY_DROPPED')
  await executor.onIdle()
})

test('only what is retryable; what that throws is the rejection', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const fatal = new Error('fatal')
  let calls = 0
  const task = () => {
    calls += 1
    throw fatal
  }
  const never: RetryOptions = { attempts: 5, ...soon, retryable: (error) => error !== fatal }
  expect(await rejection(executor.run(task, { retry: never }))).toBe(fatal)
  const broken = new Error('broken')
  const throws: RetryOptions = {
    attempts: 5,
    retryable: () => {
      throw broken
    },
  }
  expect(await rejection(executor.run(task, { retry: throws }))).toBe(broken)
  expect(await rejection(executor.map([1], task, { retry: throws }))).toBe(broken)
  expect(calls).toBe(3)
})

test.each(['run', 'map'] as const)('an abort and a timeout end it, of %s', async (method) => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const fail = () => Promise.reject(new Error('mine'))
  const retry = { attempts: 9, minDelay: 600_000, maxDelay: 600_000 }
  const call = (options: { signal?: AbortSignal; timeout?: number }) =>
    method === 'run'
      ? executor.run(fail, { retry, ...options })
      : executor.map([1], fail, { retry, ...options })
  const controller = new AbortController()
  const aborted = rejection(call({ signal: controller.signal }))
  await turns()
  controller.abort()
  expect(await aborted).toBe(controller.signal.reason)
  expect(await rejection(call({ timeout: 20 }))).toBeInstanceOf(TaskTimeoutError)
  await executor.onIdle()
})

test('a map that fails does not wait for what is put off', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const gate = new Gate()
  const thrown = new Error('mine')
  const mapped = executor.map(
    [0, 1],
    async (input) => {
      if (input === 0) throw new Error('put off')
      await gate.wait(undefined)
      throw thrown
    },
    {
      retry: {
        attempts: 2,
        minDelay: 600_000,
        maxDelay: 600_000,
        retryable: (error) => error !== thrown,
      },
    },
  )
  await until(() => executor.running === 1, 'one to be put off')
  gate.open()
  expect(await rejection(mapped)).toBe(thrown)
})

test('destroy rejects what is put off', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const fail = () => Promise.reject(new Error('mine'))
  const retry = { attempts: 2, minDelay: 600_000 }
  const calls = [executor.run(fail, { retry }), executor.map([1, 2], fail, { retry })]
  const failed = Promise.all(calls.map(failure))
  await turns()
  await executor.destroy()
  for (const error of await failed) expect(error.code).toBe('ERR_THREEPLY_CLOSED')
})

test('delays stay between the bounds, and grow', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.nat(10_000),
      fc.constantFrom('full' as const, 'decorrelated' as const),
      (minDelay, more, jitter) => {
        const maxDelay = minDelay + more
        const settings = {
          attempts: 10,
          minDelay,
          maxDelay,
          jitter,
          retryable: () => true,
          budget: undefined,
        }
        const retries = new Retries(settings)
        let last = minDelay
        for (let attempt = 1; attempt < 10; attempt += 1) {
          const delay = retries.next(undefined)!
          const most = jitter === 'full' ? minDelay * 2 ** attempt : last * 3
          expect(delay).toBeGreaterThanOrEqual(minDelay)
          expect(delay).toBeLessThanOrEqual(Math.min(maxDelay, most))
          last = delay
        }
        expect(retries.next(undefined)).toBeUndefined()
      },
    ),
  )
})

test('an error is asked when to come again', async () => {
  const now = Date.UTC(2026, 0, 1)
  const headers = (value: string) => ({ headers: new Headers({ 'Retry-After': value }) })
  expect(retryAfter({ retryAfter: 250 }, now)).toBe(250)
  expect(retryAfter({ retryAfter: '2' }, now)).toBe(2_000)
  expect(retryAfter(headers('3'), now)).toBe(3_000)
  expect(retryAfter({ response: headers('3') }, now)).toBe(3_000)
  expect(retryAfter({ response: { headers: { 'retry-after': '4' } } }, now)).toBe(4_000)
  expect(retryAfter(headers('Thu, 01 Jan 2026 00:00:05 GMT'), now)).toBe(5_000)
  expect(retryAfter(headers('Wed, 31 Dec 2025 23:59:00 GMT'), now)).toBe(0)
  for (const nothing of [
    undefined,
    'text',
    new Error('mine'),
    headers('soon'),
    { retryAfter: -1 },
  ]) {
    expect(retryAfter(nothing, now)).toBeUndefined()
  }
})

test.each(['run', 'map'] as const)(
  '%s does not come before, and not if that is too late',
  async (method) => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const times: number[] = []
    const call = (delay: number, maxDelay: number) => {
      const busy = Object.assign(new Error('busy'), { retryAfter: delay })
      const fn = () => {
        times.push(performance.now())
        throw busy
      }
      const options = { retry: { attempts: 2, minDelay: 0, maxDelay } }
      return failure(method === 'run' ? executor.run(fn, options) : executor.map([1], fn, options))
    }
    expect((await call(40, 1_000)).message).toBe('busy')
    expect(times).toHaveLength(2)
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(40)
    await call(1_001, 1_000)
    expect(times).toHaveLength(3)
  },
)

test('a budget bounds retries to its share of the calls', async () => {
  const executor = new AsyncExecutor({ concurrency: 10, retryBudget: 0.1 })
  let attempts = 0
  const fail = async () => {
    attempts += 1
    throw new Error('mine')
  }
  const retry = { attempts: 4, minDelay: 0, maxDelay: 0 }
  await executor.mapSettled(new Array(500).keys(), fail, { retry })
  const retries = attempts - 500
  expect(retries).toBeGreaterThanOrEqual(50)
  expect(retries).toBeLessThanOrEqual(10 + 0.1 * 500)
  const message = await executor.run(fail, { retry }).catch((error: Error) => error.message)
  expect(message).toBe('mine')
})

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '1'])(
  'retryBudget %s throws',
  (retryBudget) => {
    const make = () => new AsyncExecutor({ concurrency: 1, retryBudget: retryBudget as number })
    expect(make).toThrow(expect.objectContaining({ option: 'retryBudget' }))
  },
)

describe('bad options', () => {
  test.each([
    [{}, 'attempts'],
    [{ attempts: 0 }, 'attempts'],
    [{ attempts: 2, minDelay: -1 }, 'minDelay'],
    [{ attempts: 2, minDelay: 10, maxDelay: 5 }, 'maxDelay'],
    [{ attempts: 2, jitter: 'none' }, 'jitter'],
    [{ attempts: 2, retryable: true }, 'retryable'],
    [3, 'options'],
  ])('%j rejects', async (retry, option) => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const error = await failure(executor.run(() => 1, { retry: retry as RetryOptions }))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error.option).toBe(option)
  })
})
