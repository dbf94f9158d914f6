/** Timeouts and aborts: the call rejects at once, the slot stays taken until the function has ended. */
import { setTimeout as delay } from 'node:timers/promises'
import { failure, rejection, turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { TaskTimeoutError } from '@threeply/task'
import { expect, test } from 'vitest'
import { Gate, never, untilAborted } from './fixtures/gate.ts'

test('a run that times out keeps its slot until its function has ended', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const gate = new Gate()
  let started = false
  const error = await failure(executor.run(() => gate.wait(undefined), { timeout: 10 }))
  expect(error).toBeInstanceOf(TaskTimeoutError)
  expect(executor.running).toBe(1)
  const next = executor.run(() => {
    started = true
  })
  await turns()
  expect(started).toBe(false)
  gate.open()
  await next
  expect(executor.running).toBe(0)
})

test('so does one that is aborted', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const gate = new Gate()
  const controller = new AbortController()
  const aborted = executor.run(() => gate.wait(undefined), { signal: controller.signal })
  await until(() => executor.running === 1, 'it to start')
  controller.abort()
  expect(await rejection(aborted)).toBe(controller.signal.reason)
  expect(executor.running).toBe(1)
  gate.open()
  await executor.onIdle()
  expect(executor.running).toBe(0)
})

test('the error names the function', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  async function fetchTitle() {
    await never()
  }
  const error = await failure(executor.run(fetchTitle, { timeout: 5 }))
  expect(error.message).toContain("'fetchTitle'")
})

test('in a map, the timeout of each input counts from its own start', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  // Together they take longer than the timeout, each alone takes less.
  const outputs = await executor.map([1, 2, 3, 4, 5, 6], (input) => delay(60, input), {
    timeout: 250,
  })
  expect(outputs).toEqual([1, 2, 3, 4, 5, 6])
})

test('a map rejects though the function that timed out never ends', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const error = await failure(executor.map([1, 2, 3], never, { timeout: 10 }))
  expect(error).toBeInstanceOf(TaskTimeoutError)
  expect(error.runTime).toBeGreaterThanOrEqual(9)
  expect(executor.running).toBe(2)
})

test('in mapSettled, an input that times out is a result among others', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const results = await executor.mapSettled(
    [1, 2],
    (input, context) => (input === 1 ? untilAborted(context) : input),
    { timeout: 10 },
  )
  expect(results).toEqual([
    { status: 'rejected', reason: expect.any(TaskTimeoutError) },
    { status: 'fulfilled', value: 2 },
  ])
})

test('an input of an async iterable that gets no slot in time is not started', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const gate = new Gate()
  const source = new Gate()
  async function* inputs() {
    yield await source.wait(1)
  }
  let started = false
  const mapped = executor.mapSettled(
    inputs(),
    () => {
      started = true
    },
    { timeout: 5 },
  )
  await turns()
  const holding = executor.run(() => gate.wait(undefined))
  await until(() => executor.running === 1, 'the slot to be taken')
  source.open()
  await delay(30)
  gate.open()
  const [result] = await mapped
  expect(result).toMatchObject({ reason: { runTime: 0, timeout: 5 } })
  expect(started).toBe(false)
  await holding
})

test('an abort of a map rejects at once; what runs is told, and keeps its slots', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const controller = new AbortController()
  const gate = new Gate()
  const signals: AbortSignal[] = []
  const mapped = executor.map(
    [1, 2, 3],
    (_input, { signal }) => {
      signals.push(signal)
      return gate.wait(undefined)
    },
    { signal: controller.signal },
  )
  await until(() => executor.running === 2, 'two to start')
  controller.abort(new Error('stop'))
  expect(await rejection(mapped)).toBe(controller.signal.reason)
  expect(executor.running).toBe(2)
  expect(signals.map(({ reason }) => reason)).toEqual(Array(2).fill(controller.signal.reason))
  gate.open()
  await executor.onIdle()
})

test('a signal that is asked for late is aborted already', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const controller = new AbortController()
  const gate = new Gate()
  const seen: unknown[] = []
  const aborted = executor.run(
    async (context) => {
      await gate.wait(undefined)
      seen.push(context.cancelled(), context.signal.reason)
      context.throwIfCancelled()
    },
    { signal: controller.signal },
  )
  await until(() => executor.running === 1, 'it to start')
  controller.abort(new Error('stop'))
  gate.open()
  await rejection(aborted)
  await executor.onIdle()
  expect(seen).toEqual([true, controller.signal.reason])
})
