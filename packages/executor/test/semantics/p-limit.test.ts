/** What users of p-limit rely on. Where a name says "unlike p-limit", this package promises another thing. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { failure, rejection, turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { DeadlockError, InvalidOptionError, TaskDroppedError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Gate } from '../fixtures/gate.ts'

const make = (concurrency: number) => new AsyncExecutor({ concurrency })

describe('limit(fn)', () => {
  test('gives what the function gives, promised or not', async () => {
    const executor = make(1)
    expect(await executor.run(() => 'plain')).toBe('plain')
    expect(await executor.run(async () => 'promised')).toBe('promised')
    expect(await executor.run(() => undefined)).toBeUndefined()
  })

  test('rejects with what the function throws, now or later', async () => {
    const executor = make(1)
    const [now, later] = [new Error('now'), new Error('later')]
    const throwing = () => {
      throw now
    }
    expect(await rejection(executor.run(throwing))).toBe(now)
    expect(await rejection(executor.run(() => Promise.reject(later)))).toBe(later)
  })

  test('never runs more at the same time than the limit', async () => {
    const executor = make(5)
    const peaks: number[] = []
    let running = 0
    const task = async (index: number) => {
      running += 1
      peaks.push(running)
      for (let left = index % 4; left >= 0; left -= 1) await turn()
      running -= 1
    }
    await Promise.all(Array.from({ length: 100 }, (_, index) => executor.run(() => task(index))))
    expect(Math.max(...peaks)).toBe(5)
    expect(running).toBe(0)
  })

  test('of one, runs one after the other, in the order of the calls', async () => {
    const executor = make(1)
    const seen: string[] = []
    const task = (name: string, times: number) => async () => {
      seen.push(`${name} starts`)
      await turns(times)
      seen.push(`${name} ends`)
    }
    await Promise.all([3, 1, 2].map((times, index) => executor.run(task(`${index}`, times))))
    expect(seen).toEqual([0, 1, 2].flatMap((name) => [`${name} starts`, `${name} ends`]))
  })

  test.each([1, Number.POSITIVE_INFINITY])(
    'calls the function later, also when there is room: %s',
    async (concurrency) => {
      const executor = make(concurrency)
      const seen: string[] = []
      const output = executor.run(() => seen.push('function'))
      seen.push('after the call')
      await output
      expect(seen).toEqual(['after the call', 'function'])
    },
  )

  test('a function that fails does not stop the others', async () => {
    const executor = make(2)
    const calls = Array.from({ length: 6 }, (_, index) =>
      executor.run(async () => {
        if (index % 2 === 0) throw new Error(`${index}`)
        return index
      }),
    )
    const results = await Promise.allSettled(calls)
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(
      calls.map((_, index) => index % 2 === 1),
    )
    expect([executor.running, executor.waiting]).toEqual([0, 0])
  })

  test('each function sees the async context of its call', async () => {
    const storage = new AsyncLocalStorage<number>()
    const executor = make(1)
    const seen = [1, 2, 3].map((id) =>
      storage.run(id, () =>
        executor.run(async () => {
          await turn()
          return storage.getStore()
        }),
      ),
    )
    expect(await Promise.all(seen)).toEqual([1, 2, 3])
  })

  test.each([0, -1, 1.5, Number.NaN, '1', undefined])('refuses a limit of %s', (concurrency) => {
    expect(() => make(concurrency as number)).toThrow(InvalidOptionError)
  })

  test('unlike p-limit: a call in a function that holds the last slot is refused, and does not hang', async () => {
    const executor = make(1)
    const outer = executor.run(() => executor.run(() => 'inner'))
    expect(await failure(outer)).toBeInstanceOf(DeadlockError)
    const reentrant = new AsyncExecutor({ concurrency: 1, reentrant: true })
    expect(await reentrant.run(() => reentrant.run(() => 'inner'))).toBe('inner')
  })
})

describe('arguments', () => {
  test('pass through a wrapped function, without a closure', async () => {
    const executor = make(1)
    const join = executor.wrap((...parts: string[]) => parts.join('-'))
    expect(await Promise.all([join(), join('a'), join('a', 'b', 'c')])).toEqual(['', 'a', 'a-b-c'])
  })

  test('unlike p-limit: run hands on none, and gives the function a context', async () => {
    const given = await make(1).run((...args: unknown[]) => args)
    expect(given).toEqual([expect.objectContaining({ attempt: 1 })])
  })

  test('wrapped functions of one executor share its limit', async () => {
    const executor = make(2)
    let peak = 0
    const task = async () => {
      peak = Math.max(peak, executor.running)
      await turn()
    }
    const [first, second] = [executor.wrap(task), executor.wrap(task)]
    await Promise.all(Array.from({ length: 10 }, () => [first(), second()]).flat())
    expect(peak).toBe(2)
  })
})

describe('activeCount and pendingCount', () => {
  test('are running and waiting, and count each call once', async () => {
    const executor = make(2)
    const gates = [new Gate(), new Gate(), new Gate()]
    const calls = gates.map((gate, index) => executor.run(() => gate.wait(index)))
    await until(() => executor.running === 2, 'two to start')
    expect(executor.waiting).toBe(1)
    gates[0]!.open()
    await calls[0]
    await until(() => executor.waiting === 0, 'the third to start')
    expect(executor.running).toBe(2)
    for (const gate of gates) gate.open()
    await Promise.all(calls)
    expect([executor.running, executor.waiting]).toEqual([0, 0])
  })

  test('unlike p-limit: what has not been called is waiting, though there is room for it', async () => {
    const executor = make(2)
    const call = executor.run(() => executor.running)
    expect([executor.running, executor.waiting]).toEqual([0, 1])
    expect(await call).toBe(1)
  })

  test('running no longer counts a function when its call is settled', async () => {
    const executor = make(1)
    expect(await executor.run(() => 1).then(() => executor.running)).toBe(0)
    const failed = executor.run(() => Promise.reject(new Error('mine')))
    expect(await failed.catch(() => executor.running)).toBe(0)
  })
})

describe('concurrency', () => {
  test('is read and set while functions run', async () => {
    const executor = make(1)
    const gate = new Gate()
    const calls = Array.from({ length: 6 }, () => executor.run(() => gate.wait(undefined)))
    await until(() => executor.running === 1, 'one to start')
    executor.concurrency = 4
    expect(executor.concurrency).toBe(4)
    await until(() => executor.running === 4, 'three more to start')
    executor.concurrency = 2 // what runs runs on
    await turns()
    expect([executor.running, executor.waiting]).toEqual([4, 2])
    gate.open()
    await Promise.all(calls)
  })

  test('refuses what is no limit, and stays', () => {
    const executor = make(3)
    expect(() => {
      executor.concurrency = 0
    }).toThrow(InvalidOptionError)
    expect(executor.concurrency).toBe(3)
  })
})

describe('clearQueue', () => {
  test('discards what waits: none of it is called, and what runs is not cancelled', async () => {
    const executor = make(1)
    const gate = new Gate()
    const running = executor.run(({ signal }) => gate.wait(signal))
    let called = 0
    const waiting = [1, 2].map(() => watch(executor.run(() => (called += 1))))
    await until(() => executor.running === 1, 'one to start')
    executor.clear()
    expect(executor.waiting).toBe(0)
    gate.open()
    expect(await running).toHaveProperty('aborted', false)
    await executor.onIdle()
    expect(called).toBe(0)
    expect(waiting.every(({ settled }) => settled)).toBe(true)
    expect(await executor.run(() => 'afterwards')).toBe('afterwards')
  })

  test('unlike p-limit: what it discards is always rejected, each with an error of its own', async () => {
    const executor = make(1)
    const errors = [1, 2, 3].map(() => failure(executor.run(() => 1)))
    executor.clear()
    const [first, ...others] = await Promise.all(errors)
    expect(first).toBeInstanceOf(TaskDroppedError)
    for (const other of others) expect(other).not.toBe(first)
  })
})

describe('limit.map', () => {
  test('gives the outputs in the order of the inputs, of any iterable', async () => {
    const executor = make(2)
    const slowFirst = async (input: number, { index }: { readonly index: number }) => {
      await turns(3 - index)
      return input * 10
    }
    expect(await executor.map([1, 2, 3], slowFirst)).toEqual([10, 20, 30])
    expect(await executor.map(new Set([3, 2]), slowFirst)).toEqual([30, 20])
    expect(await executor.map('abc', (letter) => letter)).toEqual(['a', 'b', 'c'])
  })

  test('tells the function the index of its input', async () => {
    const indexes = await make(2).map(['a', 'b', 'c'], (input, { index }) => `${input}${index}`)
    expect(indexes).toEqual(['a0', 'b1', 'c2'])
  })

  test('unlike p-limit: when the iterable throws, no further input is run', async () => {
    const thrown = new Error('mine')
    function* inputs() {
      yield* [1, 2]
      throw thrown
    }
    const run: number[] = []
    const mapped = make(1).map(inputs(), (input) => run.push(input))
    expect(await rejection(mapped)).toBe(thrown)
    expect(run).toEqual([1, 2]) // which had ended before it was pulled again
  })
})
