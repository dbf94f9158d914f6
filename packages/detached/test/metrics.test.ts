import { until } from '@threeply/conformance'
import { MetricsRegistry } from '@threeply/metrics'
import { expect, test } from 'vitest'
import { makeRunner, sharedWords, started } from './fixtures/runner.ts'

/** Every count and gauge of the registry that is not 0, as `name{labels}`. */
function values(registry: MetricsRegistry): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const { name, labels, value } of registry.snapshot().series) {
    const { runner, ...others } = labels
    const label = Object.entries(others).map(([key, text]) => `{${key}=${text}}`)
    const figure = typeof value === 'number' ? value : value.count
    if (figure === 0) continue
    expect(runner ?? 'detached').toBe('detached')
    found[name.replace('threeply_', '') + label] = figure
  }
  return found
}

test('every task is counted once, by how it settled', async () => {
  const registry = new MetricsRegistry()
  const runner = makeRunner({ metrics: registry })
  const words = [sharedWords(), sharedWords(), sharedWords()] as const
  const controller = new AbortController()
  await runner.spawn('add', [1, 2]).exited
  await runner.spawn('fail').exited
  await runner.spawn('exit', 3).exited
  await runner.spawn('throwValue', () => {}).exited
  await runner.spawn('add', [1, 2], { signal: AbortSignal.abort() }).exited
  const threads = [
    runner.spawn('throwReason', words[0]),
    runner.spawn('block', words[1]),
    runner.spawn('returnWhenAsked', words[2], { signal: controller.signal }),
  ] as const
  await Promise.all(words.map(started))
  await Promise.all(threads.map(({ ready }) => ready))
  expect(values(registry)).toMatchObject({
    tasks_submitted_total: 8,
    tasks_running: 3,
    threads: 3,
    threads_started_total: 6,
  })
  controller.abort()
  await Promise.all([threads[0].stop(), threads[1].terminate(), threads[2].exited])
  await runner.shutdown()
  expect(() => runner.spawn('add', [1, 2])).toThrow()
  expect(values(registry)).toEqual({
    tasks_submitted_total: 9,
    'tasks_settled_total{outcome=completed}': 1,
    'tasks_settled_total{outcome=failed}': 2, // one never got a thread
    'tasks_settled_total{outcome=cancelled}': 3,
    'tasks_settled_total{outcome=thread-exit}': 2,
    'tasks_settled_total{outcome=closed}': 1,
    task_queue_seconds: 6,
    task_run_seconds: 6,
    threads_started_total: 6,
    'threads_exited_total{reason=closed}': 3,
    'threads_exited_total{reason=failed}': 2,
    'threads_exited_total{reason=terminated}': 1,
  })
})

test('a run is on the timeline of its thread, and its wait on that of the parent', async () => {
  const registry = new MetricsRegistry()
  const runner = makeRunner({ metrics: registry })
  await runner.spawn('add', [1, 2]).exited
  const lanes = registry.snapshot().timelines.filter(({ name }) => name === 'threeply_task')
  const [parent, child] = lanes.sort((a, b) => a.thread - b.thread)
  expect(parent?.spans).toMatchObject([{ name: 'queued', id: 1 }])
  expect(child?.spans).toMatchObject([{ name: 'run', id: 1 }])
  const [queued, run] = [parent!.spans[0]!, child!.spans[0]!]
  expect(queued.end).toBeGreaterThan(queued.start)
  expect(run.end).toBeGreaterThanOrEqual(run.start)
})

test('the run of a thread that died is recorded all the same', async () => {
  const registry = new MetricsRegistry()
  const words = sharedWords()
  const thread = makeRunner({ metrics: registry }).spawn('block', words)
  await started(words)
  await thread.ready
  await thread.terminate()
  const spans = registry.snapshot().timelines.flatMap((timeline) => timeline.spans)
  expect(spans.map(({ name }) => name).sort()).toEqual(['queued', 'run'])
})

test('spares are threads, and no tasks', async () => {
  const registry = new MetricsRegistry()
  const runner = makeRunner({ metrics: registry, spares: 2 })
  expect(values(registry)).toEqual({ threads: 2, threads_started_total: 2 })
  await runner.spawn('add', [1, 2]).exited
  await until(() => values(registry).threads_started_total === 3, 'the spare to be replaced')
  await runner.shutdown()
  expect(values(registry)).toMatchObject({ 'threads_exited_total{reason=closed}': 3 })
  expect(values(registry)).not.toHaveProperty('threads')
})
