/** What an executor tells the limit that adapts it, and what it does with what that says. */
import { once } from 'node:events'
import { rejection, turns, until } from '@threeply/conformance'
import {
  type AdaptiveLimit,
  AimdLimit,
  AsyncExecutor,
  Gradient2Limit,
  type LimitSample,
  VegasLimit,
} from '@threeply/executor'
import { MetricsRegistry } from '@threeply/metrics'
import { expect, test } from 'vitest'
import { Gate, untilAborted } from './fixtures/gate.ts'

/** Notes what it is told, and stays where it is put. */
class NotedLimit implements AdaptiveLimit {
  limit = 1
  readonly samples: LimitSample[] = []
  isDrop?: (error: unknown) => boolean

  onSample(sample: LimitSample): void {
    this.samples.push(sample)
  }
}

function make(concurrency: number) {
  const limit = new NotedLimit()
  return { limit, executor: new AsyncExecutor({ concurrency, adaptive: limit }) }
}

const fail = () => Promise.reject(new Error('mine'))

test('a sample has the run time without the time in the queue', async () => {
  const { limit, executor } = make(1)
  const first = new Gate()
  const calls = [executor.run(() => first.wait(1)), executor.run(() => 2)]
  const waitsUntil = performance.now() + 30
  await until(() => performance.now() >= waitsUntil, '30 ms to pass')
  first.open()
  await Promise.all(calls)
  const [long, short] = limit.samples
  expect(long!.runTime).toBeGreaterThan(25)
  expect(short!.runTime).toBeLessThan(20)
  expect(short!.startedAt).toBeGreaterThanOrEqual(waitsUntil)
})

test('run, wrap, map and stream are all sampled', async () => {
  const { limit, executor } = make(2)
  await executor.run(() => 1)
  await executor.wrap(async () => 1)()
  await executor.map([1, 2, 3], (input) => input)
  for await (const _ of executor.stream([1, 2], async (input) => input))
    expect(_).toBeTypeOf('number')
  expect(limit.samples).toHaveLength(7)
})

test('the limit is limiting while something waits for a slot, and only then', async () => {
  const { limit, executor } = make(2)
  await Promise.all([executor.run(async () => 1), executor.run(async () => 2)])
  expect(limit.samples.map(({ isLimiting }) => isLimiting)).toEqual([false, false])
  expect(limit.samples.map(({ inFlight }) => inFlight)).toEqual([2, 1])
  limit.samples.length = 0
  await Promise.all([1, 2, 3].map((input) => executor.run(async () => input)))
  expect(limit.samples.map(({ isLimiting }) => isLimiting)).toEqual([true, false, false])
})

test('what is paused, or waits for its rate, is not held back by the limit', async () => {
  const paused = make(1)
  const gate = new Gate()
  const calls = [paused.executor.run(() => gate.wait(1)), paused.executor.run(() => 2)]
  await until(() => paused.executor.running === 1, 'one to start')
  paused.executor.pause()
  gate.open()
  await calls[0]
  expect(paused.limit.samples[0]!.isLimiting).toBe(false)
  paused.executor.resume()
  await calls[1]

  const limit = new NotedLimit()
  const rate = { limit: 1, interval: 5 }
  const rated = new AsyncExecutor({ concurrency: 2, adaptive: limit, rate })
  await Promise.all([1, 2, 3].map((input) => rated.run(async () => input)))
  expect(limit.samples.map(({ isLimiting }) => isLimiting)).toEqual([false, false, false])
})

test('failures and timeouts are drops', async () => {
  const { limit, executor } = make(4)
  await rejection(executor.run(fail))
  await executor.mapSettled([1], fail)
  await rejection(executor.run(untilAborted, { timeout: 5 }))
  await executor.mapSettled([1], (_input, context) => untilAborted(context), { timeout: 5 })
  await rejection(executor.run(untilAborted, { signal: AbortSignal.timeout(5) }))
  await until(() => limit.samples.length === 5, 'all to end')
  expect(limit.samples.every(({ isDropped }) => isDropped)).toBe(true)
})

test('a function that succeeds after its timeout has been dropped all the same', async () => {
  const { limit, executor } = make(1)
  const gate = new Gate()
  await rejection(executor.run(() => gate.wait(1), { timeout: 5 }))
  gate.open()
  await executor.onIdle()
  expect(limit.samples.map(({ isDropped }) => isDropped)).toEqual([true])
})

test('one that gave its slot back is dropped then, and once', async () => {
  const { limit, executor } = make(1)
  const gate = new Gate()
  await rejection(executor.run(() => gate.wait(1), { timeout: 5, releaseOnTimeout: true }))
  expect(limit.samples.map(({ isDropped }) => isDropped)).toEqual([true])
  gate.open()
  await executor.onIdle()
  expect(limit.samples).toHaveLength(1)
})

test('what the caller cancels is no sample', async () => {
  const { limit, executor } = make(4)
  const controller = new AbortController()
  const { signal } = controller
  const calls = [
    executor.run(untilAborted, { signal }),
    executor.map([1], (_input, context) => untilAborted(context), { signal }),
  ].map(rejection)
  await until(() => executor.running === 2, 'both to start')
  controller.abort()
  await Promise.all(calls)
  await executor.onIdle()
  expect(limit.samples).toEqual([])

  const failing = executor.map([1, 2], (input, context) =>
    input === 1 ? fail() : untilAborted(context),
  )
  await rejection(failing)
  expect(limit.samples).toHaveLength(1) // the failure, and not whom it cancelled
})

test('a failure that is no drop does not count', async () => {
  const { limit, executor } = make(1)
  limit.isDrop = (error) => (error as Error).message !== 'mine'
  await rejection(executor.run(fail))
  expect(limit.samples).toEqual([])
  await rejection(executor.run(() => Promise.reject(new Error('503'))))
  expect(limit.samples).toHaveLength(1)
})

test('the limit is followed at once, rounded down, and seen as concurrency', async () => {
  const metrics = new MetricsRegistry()
  const limit = new NotedLimit()
  const executor = new AsyncExecutor({ concurrency: 1, adaptive: limit, metrics })
  const gauge = () =>
    metrics.snapshot().series.find(({ name }) => name === 'threeply_concurrency_limit')?.value
  expect(gauge()).toBe(1)
  limit.onSample = () => {
    limit.limit = 3.9
  }
  const gate = new Gate()
  const calls = Promise.all([
    executor.run(() => 1),
    executor.map([1, 2, 3, 4], (input) => gate.wait(input)),
  ])
  await until(() => executor.running === 3, 'three to run')
  await turns()
  expect(executor.running).toBe(3)
  expect(executor.concurrency).toBe(3)
  expect(gauge()).toBe(3)
  gate.open()
  await calls
})

test('concurrency is where it begins, and setting it moves the limit there', async () => {
  const limit = new AimdLimit({ min: 2, max: 10 })
  const executor = new AsyncExecutor({ concurrency: 5, adaptive: limit })
  expect(limit.limit).toBe(5)
  executor.concurrency = 7
  expect(limit.limit).toBe(7)
  expect(executor.concurrency).toBe(7)
  expect(() => {
    executor.concurrency = 11
  }).toThrow(expect.objectContaining({ code: 'ERR_THREEPLY_INVALID_OPTION' }))
  expect(executor.concurrency).toBe(7)
})

test('a heavy task is accepted whatever the limit, and runs alone where it is more', async () => {
  const { executor } = make(2)
  const gate = new Gate()
  const calls = Promise.all([
    executor.run(() => gate.wait(1)),
    executor.run(() => executor.running, { weight: 5 }),
  ])
  await turns()
  gate.open()
  expect(await calls).toEqual([1, 1])
})

test('what an algorithm throws is an uncaught exception, and the task is none the worse', async () => {
  const { limit, executor } = make(1)
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  try {
    limit.onSample = () => {
      limit.limit = Number.NaN
    }
    const uncaught = once(process, 'uncaughtException')
    expect(await executor.run(() => 1)).toBe(1)
    const [error] = await uncaught
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option: 'adaptive.limit' })
    expect(executor.concurrency).toBe(1)
  } finally {
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})

test.each([
  [{ concurrency: 1, adaptive: 'vegas' }, 'adaptive'],
  [{ concurrency: 1, adaptive: {} }, 'adaptive'],
  [{ concurrency: 1, adaptive: { limit: 1 } }, 'adaptive'],
  [{ concurrency: 5, adaptive: new VegasLimit({ max: 4 }) }, 'limit'],
  [{ concurrency: Number.POSITIVE_INFINITY, adaptive: new Gradient2Limit() }, 'limit'],
  [{ adaptive: new Gradient2Limit() }, 'concurrency'],
])('refuses %j', (options, option) => {
  expect(() => new AsyncExecutor(options as never)).toThrow(
    expect.objectContaining({ code: 'ERR_THREEPLY_INVALID_OPTION', option }),
  )
})
