/** What users of p-queue rely on. Where a name says "unlike p-queue", this package promises another thing. */
import { setImmediate as turn } from 'node:timers/promises'
import { failure, rejection, turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor, type AsyncExecutorOptions } from '@threeply/executor'
import { InvalidOptionError, TaskDroppedError, TaskTimeoutError } from '@threeply/task'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Gate, untilAborted } from '../fixtures/gate.ts'

const make = (concurrency = 1) => new AsyncExecutor({ concurrency })

/** One slot, which is taken until the gate opens. */
async function busy(options: Omit<AsyncExecutorOptions, 'concurrency'> = {}) {
  const executor = new AsyncExecutor({ concurrency: 1, ...options })
  const gate = new Gate()
  const holding = executor.run(() => gate.wait('held'))
  await until(() => executor.running === 1, 'the slot to be taken')
  return { executor, gate, holding }
}

describe('priority', () => {
  test('the highest starts first, infinite ones too, and equals in the order they came', async () => {
    const { executor, gate } = await busy()
    const order: number[] = []
    const priorities = [0, 1, 0, -1, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    const calls = priorities.map((priority, index) =>
      executor.run(() => order.push(index), { priority }),
    )
    gate.open()
    await Promise.all(calls)
    expect(order).toEqual([5, 1, 4, 0, 2, 7, 3, 6])
  })

  test.each([Number.NaN, '1'])('%s is refused by a rejection', async (priority) => {
    const call = make().run(() => 1, { priority: priority as number })
    expect(await failure(call)).toBeInstanceOf(InvalidOptionError)
  })

  test('unlike p-queue: a low one is not passed over for ever', async () => {
    const executor = make()
    const order: string[] = []
    const high = Array.from({ length: 300 }, () =>
      executor.run(() => order.push('high'), { priority: 1 }),
    )
    await Promise.all([executor.run(() => order.push('low')), ...high])
    expect(order.indexOf('low')).toBe(100)
  })
})

describe('size, pending, and waiting for them', () => {
  test('waiting is size, and running is pending', async () => {
    const { executor, gate, holding } = await busy()
    const calls = [1, 2].map((input) => executor.run(() => input))
    expect([executor.waiting, executor.running]).toEqual([2, 1])
    gate.open()
    await Promise.all([holding, ...calls])
    expect([executor.waiting, executor.running]).toEqual([0, 0])
  })

  test('onSizeBelow(1) is onEmpty: functions may still run', async () => {
    const { executor, gate, holding } = await busy()
    const second = new Gate()
    const call = executor.run(() => second.wait('second'))
    const empty = watch(executor.onSizeBelow(1))
    await turns()
    expect(empty.settled).toBe(false)
    gate.open()
    await until(() => empty.settled, 'nothing to wait')
    expect(executor.running).toBe(1)
    second.open()
    expect(await Promise.all([holding, call])).toEqual(['held', 'second'])
  })

  test('onIdle waits for what runs too, and is fulfilled at once when nothing does', async () => {
    const { executor, gate, holding } = await busy()
    const idle = watch(executor.onIdle())
    await turns()
    expect(idle.settled).toBe(false)
    gate.open()
    await holding
    await until(() => idle.settled, 'it to be idle')
    await executor.onIdle()
  })

  test('a producer that awaits onSizeBelow keeps the queue short', async () => {
    const executor = make(2)
    let longest = 0
    const calls: Promise<void>[] = []
    for (let input = 0; input < 40; input += 1) {
      await executor.onSizeBelow(3)
      calls.push(executor.run(async () => void (await turn())))
      longest = Math.max(longest, executor.waiting)
    }
    await Promise.all(calls)
    expect(longest).toBe(3)
  })

  test('what is added after it was idle runs, again and again', async () => {
    const executor = make()
    for (const input of [1, 2, 3]) {
      expect(await executor.run(() => input)).toBe(input)
      await executor.onIdle()
    }
  })
})

describe('pause and start', () => {
  test('autoStart: false is pause() at first; nothing is lost meanwhile', async () => {
    const executor = make(2)
    executor.pause()
    const calls = [1, 2, 3].map((input) => executor.run(() => input))
    await turns()
    expect([executor.waiting, executor.running]).toEqual([3, 0])
    executor.resume()
    expect(await Promise.all(calls)).toEqual([1, 2, 3])
  })

  test('what runs runs on, and its end starts nothing', async () => {
    const { executor, gate, holding } = await busy()
    const next = watch(executor.run(() => 1))
    executor.pause()
    gate.open()
    expect(await holding).toBe('held')
    await turns()
    expect(next.settled).toBe(false)
    executor.resume()
    await until(() => next.settled, 'the next to run')
  })
})

describe('clear', () => {
  test('rejects what waits, which never runs, and leaves what runs alone', async () => {
    const { executor, gate, holding } = await busy()
    let ran = false
    const waiting = failure(
      executor.run(() => {
        ran = true
      }),
    )
    const idle = executor.onIdle()
    executor.clear()
    expect(await waiting).toBeInstanceOf(TaskDroppedError)
    gate.open()
    expect(await holding).toBe('held')
    await idle
    expect(ran).toBe(false)
  })

  test('unlike p-queue: the rejection of one that nobody handles is reported', async () => {
    const { executor, gate } = await busy()
    const reported = new Promise((resolve) => {
      const others = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection')
      process.once('unhandledRejection', (reason) => {
        for (const other of others) process.on('unhandledRejection', other)
        resolve(reason)
      })
    })
    void executor.run(() => 1)
    executor.clear()
    expect(await reported).toBeInstanceOf(TaskDroppedError)
    gate.open()
  })
})

describe('timeout', () => {
  test('rejects, aborts the signal, and is of the call that has it', async () => {
    const executor = make(2)
    let reason: unknown
    const slow = executor.run(
      (context) => untilAborted(context).catch((error) => (reason = error)),
      { timeout: 5 },
    )
    const error = await failure(slow)
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(await executor.run(() => turns().then(() => 'no timeout'))).toBe('no timeout')
    expect(reason).toBe(error)
  })

  test('unlike p-queue: it counts from the call, the time in the queue included', async () => {
    const { executor, gate } = await busy()
    const error = await failure(executor.run(() => 1, { timeout: 5 }))
    expect(error).toMatchObject({ runTime: 0, timeout: 5 })
    expect(error.queueTime).toBeGreaterThanOrEqual(5)
    gate.open()
  })

  test('unlike p-queue: the slot stays taken until the function has ended, unless it is to be released', async () => {
    const [keeping, releasing] = [new Gate(), new Gate()]
    const executor = make()
    await failure(executor.run(() => keeping.wait(1), { timeout: 5 }))
    const next = watch(executor.run(() => 2))
    await turns()
    expect([executor.running, next.settled]).toEqual([1, false])
    keeping.open()
    await until(() => next.settled, 'the next to run')
    const options = { timeout: 5, releaseOnTimeout: true }
    await failure(executor.run(() => releasing.wait(1), options))
    expect([executor.running, executor.zombies]).toEqual([0, 1])
    expect(await executor.run(() => 3)).toBe(3)
    releasing.open()
  })
})

describe('interval and intervalCap', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** When ten functions start, each of which runs for `duration`. */
  async function starts(window: 'fixed' | 'sliding', duration: number): Promise<number[]> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const rate = { limit: 3, interval: 100, window }
    const executor = new AsyncExecutor({ concurrency: 20, rate })
    const begin = performance.now()
    const started: number[] = []
    const task = () => {
      started.push(Math.round(performance.now() - begin))
      return new Promise((resolve) => setTimeout(resolve, duration))
    }
    const calls = Promise.all(Array.from({ length: 10 }, () => executor.run(task)))
    await vi.runAllTimersAsync()
    await calls
    return started
  }

  test.each(['fixed', 'sliding'] as const)('%s: no more start in an interval', async (window) => {
    expect(await starts(window, 0)).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200, 300])
  })

  test('unlike carryoverIntervalCount, what runs on from earlier intervals does not count', async () => {
    expect(await starts('fixed', 250)).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200, 300])
  })
})

describe('add and addAll', () => {
  test('addAll is a map over the functions: all outputs in their order, sync and async', async () => {
    const functions = [() => 1, async () => turns(2).then(() => 2), async () => 3]
    expect(await make(2).map(functions, (fn) => fn())).toEqual([1, 2, 3])
  })

  test('failures do not stall the queue', async () => {
    const executor = make()
    const failed = [1, 2, 3].map(() =>
      rejection(executor.run(() => Promise.reject(new Error('x')))),
    )
    expect(await executor.run(() => 'next')).toBe('next')
    expect(await Promise.all(failed)).toHaveLength(3)
    await executor.onIdle()
  })

  test('a signal removes what waits, which rejects with its reason and never runs', async () => {
    const { executor, gate } = await busy()
    const controller = new AbortController()
    let ran = false
    const call = executor.run(() => (ran = true), { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(executor.waiting).toBe(0)
    expect(await rejection(call)).toBe(controller.signal.reason)
    gate.open()
    await executor.onIdle()
    expect(ran).toBe(false)
  })

  test('unlike p-queue: a signal rejects what runs, and its slot stays taken', async () => {
    const executor = make()
    const controller = new AbortController()
    const gate = new Gate()
    const call = executor.run(() => gate.wait(1), { signal: controller.signal })
    await until(() => executor.running === 1, 'it to start')
    controller.abort()
    expect(await rejection(call)).toBe(controller.signal.reason)
    expect(executor.running).toBe(1)
    gate.open()
    await executor.onIdle()
  })
})
