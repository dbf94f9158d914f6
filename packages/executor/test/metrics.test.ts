/** What is recorded, and that everything that is submitted is settled once. */
import { rejection, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { MetricsRegistry, type SeriesSnapshot } from '@threeply/metrics'
import { expect, test } from 'vitest'
import { Gate, never, untilAborted } from './fixtures/gate.ts'

function make(concurrency: number) {
  const metrics = new MetricsRegistry()
  const executor = new AsyncExecutor({ concurrency, metrics })
  const seriesOf = (name: string, outcome?: string): SeriesSnapshot => {
    const found = metrics
      .snapshot()
      .series.find(
        (series) =>
          series.name === name &&
          series.labels.runner === 'executor' &&
          (outcome === undefined || series.labels.outcome === outcome),
      )
    if (found === undefined) throw new Error(`no series ${name}`)
    return found
  }
  const value = (name: string) => seriesOf(name).value
  const settled = (outcome: string) => seriesOf('threeply_tasks_settled_total', outcome).value
  const count = (name: string) => (seriesOf(name).value as { count: number }).count
  return { executor, metrics, value, settled, count }
}

test('runs and inputs count alike, by outcome', async () => {
  const { executor, value, settled, count } = make(2)
  await executor.run(() => 1)
  await executor.map([1, 2, 3], (input) => input)
  await rejection(executor.run(() => Promise.reject(new Error('mine'))))
  await executor.mapSettled([1, 2], () => Promise.reject(new Error('mine')))
  expect(value('threeply_tasks_submitted_total')).toBe(7)
  expect(settled('completed')).toBe(4)
  expect(settled('failed')).toBe(3)
  expect(count('threeply_task_queue_seconds')).toBe(7)
  expect(count('threeply_task_run_seconds')).toBe(7)
  expect(value('threeply_tasks_waiting')).toBe(0)
  expect(value('threeply_tasks_running')).toBe(0)
})

test('gauges tell what waits and what runs now', async () => {
  const { executor, value } = make(2)
  const gate = new Gate()
  const outputs = Promise.all([1, 2, 3, 4, 5].map((input) => executor.run(() => gate.wait(input))))
  await until(() => executor.running === 2, 'two to start')
  expect(value('threeply_tasks_waiting')).toBe(3)
  expect(value('threeply_tasks_running')).toBe(2)
  gate.open()
  await outputs
  expect(value('threeply_tasks_running')).toBe(0)
})

test('aborts, timeouts and destruction have outcomes of their own', async () => {
  const { executor, value, settled } = make(2)
  const controller = new AbortController()
  const { signal } = controller
  await rejection(executor.run(untilAborted, { timeout: 10 }))
  const calls = [untilAborted, untilAborted, () => 1].map((fn) =>
    rejection(executor.run<unknown>(fn, { signal })),
  )
  await until(() => executor.running === 2, 'two to start')
  controller.abort()
  await Promise.all(calls)
  await executor.onIdle()
  expect(settled('cancelled')).toBe(3)
  expect(settled('timed-out')).toBe(1)
  const stuck = [executor.run(never), executor.map([1, 2], never), executor.run(never)].map(
    (call) => rejection(call as Promise<unknown>),
  )
  await until(() => executor.running === 2, 'two to start')
  await executor.destroy()
  await Promise.all(stuck)
  const ended = ['completed', 'failed', 'cancelled', 'timed-out', 'closed'].map(settled)
  expect(ended.reduce<number>((sum, ended) => sum + Number(ended), 0)).toBe(
    value('threeply_tasks_submitted_total'),
  )
  expect(value('threeply_tasks_waiting')).toBe(0)
})

test('what a failing map cancels is cancelled, not failed', async () => {
  const { executor, settled } = make(3)
  await rejection(
    executor.map([1, 2, 3], (input, context) =>
      input === 3 ? Promise.reject(new Error('mine')) : untilAborted(context),
    ),
  )
  expect(settled('failed')).toBe(1)
  expect(settled('cancelled')).toBe(2)
})

test('the timeline has a span for the wait and one for the run', async () => {
  const { executor, metrics } = make(1)
  await Promise.all([executor.run(() => 1), executor.run(() => 2)])
  const spans = metrics.snapshot().timelines.flatMap((timeline) => timeline.spans)
  expect(spans.map(({ name }) => name).sort()).toEqual(['queued', 'queued', 'run', 'run'])
  for (const { start, end } of spans) expect(end).toBeGreaterThanOrEqual(start)
})
