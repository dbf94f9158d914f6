/** Idle, closed, destroyed. */
import { failure, rejection, turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { ClosedError } from '@threeply/task'
import { expect, test } from 'vitest'
import { Gate, never } from './fixtures/gate.ts'

test('onIdle is fulfilled at once by an executor that does nothing', async () => {
  await new AsyncExecutor({ concurrency: 1 }).onIdle()
})

test.each(['run', 'map', 'stream'] as const)('onIdle waits for %s', async (method) => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const gate = new Gate()
  const wait = () => gate.wait('output')
  const call =
    method === 'run'
      ? executor.run(wait)
      : method === 'map'
        ? executor.map([1, 2], wait)
        : collect(executor.stream([1, 2], wait))
  const idle = watch(executor.onIdle())
  await turns()
  expect(idle.settled).toBe(false)
  gate.open()
  await call
  await until(() => idle.settled, 'onIdle')
})

test('onIdle waits for the function of an aborted call', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const gate = new Gate()
  const controller = new AbortController()
  const aborted = executor.run(() => gate.wait(1), { signal: controller.signal })
  await until(() => executor.running === 1, 'it to start')
  controller.abort()
  await rejection(aborted)
  const idle = watch(executor.onIdle())
  await turns()
  expect(idle.settled).toBe(false)
  gate.open()
  await until(() => idle.settled, 'onIdle')
})

test('close waits for a map whose inputs have not all been pulled', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const outputs = executor.map(Array(200).keys(), async (input) => {
    await turns(0)
    return input
  })
  await executor.close()
  expect(await outputs).toHaveLength(200)
})

test('after close every call is refused', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  await executor.close()
  const calls = [
    executor.run(() => 1),
    executor.map([1], () => 1),
    executor.mapSettled([1], () => 1),
    executor.forEach([1], () => 1),
    executor.stream([1], () => 1).next(),
  ]
  for (const call of calls) expect(await failure(call)).toBeInstanceOf(ClosedError)
})

test('a stream that was made and never read holds nobody up', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const stream = executor.stream([1], () => 1)
  await executor.close()
  expect(await failure(stream.next())).toBeInstanceOf(ClosedError)
})

test('close with a deadline destroys what is left', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const stuck = failure(executor.run(never))
  const queued = failure(executor.run(() => 1))
  await executor.close({ deadline: 20 })
  expect(await stuck).toBeInstanceOf(ClosedError)
  expect(await queued).toBeInstanceOf(ClosedError)
})

test('a deadline that is not needed is not waited for', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const output = executor.run(() => 'output')
  await executor.close({ deadline: 2 ** 40 })
  expect(await output).toBe('output')
})

test('destroy ends a close that waits for ever, and onIdle', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const stuck = failure(executor.run(never))
  const waiting = [executor.close(), executor.onIdle()]
  await executor.destroy()
  await Promise.all(waiting)
  expect(await stuck).toBeInstanceOf(ClosedError)
})

test('destroy aborts what runs, and closes the inputs', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  let isClosed = false
  const signals: AbortSignal[] = []
  async function* inputs() {
    try {
      for (let input = 0; ; input += 1) yield input
    } finally {
      isClosed = true
    }
  }
  const mapped = failure(
    executor.map(inputs(), (_input, { signal }) => {
      signals.push(signal)
      return never()
    }),
  )
  await until(() => executor.running === 2, 'two to start')
  await executor.destroy()
  const error = await mapped
  expect(error).toBeInstanceOf(ClosedError)
  expect(signals.map(({ reason }) => reason)).toEqual([error, error])
  await until(() => isClosed, 'the inputs to be closed')
})

test('await using closes', async () => {
  let output: Promise<string> | undefined
  {
    await using executor = new AsyncExecutor({ concurrency: 1 })
    output = executor.run(async () => {
      await turns()
      return 'done'
    })
    void output.then((value) => {
      expect(value).toBe('done')
      output = undefined
    })
  }
  expect(output).toBeUndefined()
})

async function collect(outputs: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = []
  for await (const output of outputs) collected.push(output)
  return collected
}
