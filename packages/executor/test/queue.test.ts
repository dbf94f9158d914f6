/** What waits: how much may, in which order, and how it is removed. */
import { failure, rejection, turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor, type AsyncExecutorOptions } from '@threeply/executor'
import {
  InvalidOptionError,
  QueueFullError,
  TaskDroppedError,
  TaskTimeoutError,
} from '@threeply/task'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

/** An executor of one slot, which is taken until the gate opens. */
async function busy(options: Omit<AsyncExecutorOptions, 'concurrency'> = {}) {
  const executor = new AsyncExecutor({ concurrency: 1, ...options })
  const gate = new Gate()
  const holding = executor.run(() => gate.wait('held'))
  await until(() => executor.running === 1, 'the slot to be taken')
  return { executor, gate, holding }
}

describe('queueLimit', () => {
  test('0 lets nothing wait, and what can start at once pass', async () => {
    const executor = new AsyncExecutor({ concurrency: 2, queueLimit: 0 })
    const gate = new Gate()
    const running = [executor.run(() => gate.wait(1)), executor.run(() => gate.wait(2))]
    const error = await failure(executor.run(() => 3))
    expect(error).toBeInstanceOf(QueueFullError)
    gate.open()
    expect(await Promise.all(running)).toEqual([1, 2])
    expect(await executor.run(() => 4)).toBe(4)
  })

  test('does not count the inputs of a map', async () => {
    const executor = new AsyncExecutor({ concurrency: 1, queueLimit: 1 })
    expect(await executor.map([1, 2, 3, 4], async (input) => input)).toEqual([1, 2, 3, 4])
  })

  test("overflow: 'wait' refuses nothing", async () => {
    const { executor, gate } = await busy({ queueLimit: 1, overflow: 'wait' })
    const waiting = [1, 2, 3].map((input) => executor.run(() => input))
    gate.open()
    expect(await Promise.all(waiting)).toEqual([1, 2, 3])
  })

  test("overflow: 'drop-oldest' rejects the one that has waited longest", async () => {
    const { executor, gate } = await busy({ queueLimit: 2, overflow: 'drop-oldest' })
    const low = failure(executor.run(() => 'low', { priority: -1 }))
    const first = failure(executor.run(() => 1))
    const kept = [executor.run(() => 2, { priority: 5 })]
    expect(await low).toBeInstanceOf(TaskDroppedError)
    kept.push(executor.run(() => 3))
    expect(await first).toHaveProperty('code', 'ERR_THREEPLY_DROPPED')
    expect(executor.waiting).toBe(2)
    gate.open()
    expect(await Promise.all(kept)).toEqual([2, 3])
  })

  test("overflow: 'drop-oldest' with nothing that may wait drops the newcomer", async () => {
    const { executor, gate, holding } = await busy({ queueLimit: 0, overflow: 'drop-oldest' })
    expect(await failure(executor.run(() => 1))).toBeInstanceOf(TaskDroppedError)
    gate.open()
    expect(await holding).toBe('held')
  })

  test.each([{ queueLimit: -1 }, { queueLimit: 1.5 }, { overflow: 'drop' }])(
    '%j throws',
    (options) => {
      expect(() => new AsyncExecutor({ concurrency: 1, ...(options as object) })).toThrow(
        InvalidOptionError,
      )
    },
  )
})

describe('priority', () => {
  test('the highest goes first, and in it the first that came', async () => {
    const { executor, gate } = await busy()
    const order: string[] = []
    const calls = [
      ['a', 0],
      ['b', 5],
      ['c', -5],
      ['d', 0],
      ['e', 5],
      ['f', 0.5],
    ].map(([name, priority]) =>
      executor.run(() => order.push(name as string), { priority: priority as number }),
    )
    gate.open()
    await Promise.all(calls)
    expect(order.join('')).toBe('befadc')
  })

  test('a run of a higher one goes before the inputs of a map', async () => {
    const { executor, gate } = await busy()
    const order: string[] = []
    const mapped = executor.forEach([1, 2, 3], async () => order.push('map'))
    const run = executor.run(() => order.push('run'), { priority: 1 })
    const urgent = executor.forEach([1, 2], async () => order.push('urgent'), { priority: 2 })
    gate.open()
    await Promise.all([mapped, run, urgent])
    expect(order).toEqual(['urgent', 'urgent', 'run', 'map', 'map', 'map'])
  })
})

describe('queueTimeout', () => {
  test('rejects what has not started in time', async () => {
    const { executor, gate } = await busy()
    const error = await failure(executor.run(() => 1, { queueTimeout: 10, timeout: 60_000 }))
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(error).toMatchObject({ timeout: 10, runTime: 0 })
    expect(executor.waiting).toBe(0)
    gate.open()
  })

  test('is over with the start', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const gate = new Gate()
    const output = executor.run(() => gate.wait('in time'), { queueTimeout: 5 })
    await until(() => executor.running === 1, 'it to start')
    await turns()
    gate.open()
    expect(await output).toBe('in time')
  })
})

describe('pause and resume', () => {
  test('nothing starts meanwhile, of runs and of maps; what runs runs on', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const gate = new Gate()
    let started = 0
    const mapped = executor.map([1, 2, 3], async (input) => {
      started += 1
      await gate.wait(undefined)
      return input
    })
    await until(() => started === 2, 'two to start')
    executor.pause()
    const run = executor.run(() => 'run')
    gate.open()
    await until(() => executor.running === 0, 'what ran to end')
    await turns()
    expect(started).toBe(2)
    expect(executor.waiting).toBe(1)
    executor.resume()
    expect(await Promise.all([mapped, run])).toEqual([[1, 2, 3], 'run'])
  })

  test('an async iterable is not pulled meanwhile, and goes on afterwards', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    let pulled = 0
    async function* inputs() {
      for (; pulled < 5; ) yield ++pulled
    }
    executor.pause()
    const mapped = executor.map(inputs(), (input) => input)
    await turns()
    expect(pulled).toBe(0)
    executor.resume()
    expect(await mapped).toEqual([1, 2, 3, 4, 5])
  })

  test('raising the limit does not resume', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    executor.pause()
    executor.pause()
    const run = watch(executor.run(() => 1))
    executor.concurrency = 5
    await turns()
    expect(run.settled).toBe(false)
    executor.resume()
    await until(() => run.settled, 'it to run')
  })
})

describe('clear', () => {
  test('rejects what waits, and leaves what runs and later calls alone', async () => {
    const { executor, gate, holding } = await busy()
    const dropped = [1, 2, 3].map((priority) => failure(executor.run(() => 1, { priority })))
    dropped.push(failure(executor.run(() => 1)))
    executor.clear()
    expect(executor.waiting).toBe(0)
    for (const error of await Promise.all(dropped)) expect(error).toBeInstanceOf(TaskDroppedError)
    const next = executor.run(() => 'next')
    gate.open()
    expect(await Promise.all([holding, next])).toEqual(['held', 'next'])
  })
})

describe('onSizeBelow', () => {
  test('is fulfilled when fewer wait, however they left', async () => {
    const { executor, gate } = await busy()
    const controller = new AbortController()
    const { signal } = controller
    const calls = [1, 2, 3, 4].map((input) => executor.run(() => input, { signal }).catch(() => {}))
    const below = [1, 3, 5].map((size) => watch(executor.onSizeBelow(size)))
    await turns()
    expect(below.map(({ settled }) => settled)).toEqual([false, false, true])
    controller.abort()
    await until(() => below.every(({ settled }) => settled), 'all to leave')
    gate.open()
    await Promise.all(calls)
  })

  test.each([0, -1, 1.5, '3', undefined])('refuses %s by a rejection', async (size) => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const error = await rejection(executor.onSizeBelow(size as number))
    expect(error).toBeInstanceOf(InvalidOptionError)
  })
})

describe('wrap', () => {
  test.each([
    ['a plain executor', {}],
    ['a reentrant one', { reentrant: true }],
  ])('calls a wrapped function with its arguments and nothing else, on %s', async (_, options) => {
    const executor = new AsyncExecutor({ concurrency: 1, ...options })
    const seen: unknown[][] = []
    const note = executor.wrap(function (this: unknown, ...args: unknown[]) {
      seen.push([this ?? undefined, ...args])
    })
    await Promise.all([note(), note(1), note(undefined), note(1, 2), note([3, 4])])
    expect(seen).toEqual([
      [undefined],
      [undefined, 1],
      [undefined, undefined],
      [undefined, 1, 2],
      [undefined, [3, 4]],
    ])
  })

  test('calls the function with its arguments, under the limit', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    let peak = 0
    const add = executor.wrap(async (left: number, right: number) => {
      peak = Math.max(peak, executor.running)
      await turns(1)
      return left + right
    })
    expectTypeOf(add).toEqualTypeOf<(left: number, right: number) => Promise<number>>()
    expect(await Promise.all([add(1, 2), add(3, 4), add(5, 6)])).toEqual([3, 7, 11])
    expect(peak).toBe(2)
  })

  test('rejects as run does', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const thrown = new Error('mine')
    const fail = executor.wrap(() => {
      throw thrown
    })
    expect(await rejection(fail())).toBe(thrown)
    const slow = executor.wrap(() => new Promise(() => {}), { timeout: 5 })
    expect(await rejection(slow())).toBeInstanceOf(TaskTimeoutError)
    await executor.destroy()
    expect(await rejection(fail())).toHaveProperty('code', 'ERR_THREEPLY_CLOSED')
    expect(() => executor.wrap(7 as never)).toThrow(InvalidOptionError)
  })
})
