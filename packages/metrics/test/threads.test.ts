import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { MetricsRegistry } from '../src/index.ts'
import { runnerMetrics } from '../src/runner.ts'
import { droppedIn, has, histogramOf, numberOf, timelinesOf } from './threads/reading.ts'
import { startThread, until } from './threads/start-thread.ts'

const help = 'For a test.'
const patience = { timeout: 60_000 }

/** What `recordAll` leaves, in all four kinds. */
function expectRecorded(registry: MetricsRegistry, amount: number, thread: number): void {
  const snapshot = registry.snapshot()
  expect(numberOf(snapshot, 'jobs_total')).toBe(amount)
  expect(numberOf(snapshot, 'depth')).toBe(amount)
  expect(histogramOf(snapshot, 'job_seconds')).toMatchObject({
    count: amount,
    sum: (amount * (amount + 1)) / 2,
    min: 1,
    max: amount,
  })
  const [timeline] = timelinesOf(snapshot, 'work')
  expect(timeline).toMatchObject({ thread, dropped: 0 })
  expect(timeline!.spans).toEqual(
    Array.from({ length: amount }, (_, n) => ({ name: 'job', start: n + 1, end: n + 2 })),
  )
  expect(droppedIn(snapshot)).toBe(0)
}

describe('a snapshot', patience, () => {
  test('is the sum of what all threads and the test itself recorded', async () => {
    const registry = new MetricsRegistry()
    registry.counter('jobs_total', { help }).add(5)
    const threads = [11, 22, 33].map((amount) => startThread(registry, 'recordAll', { amount }))
    expect(await Promise.all(threads.map(({ exited }) => exited))).toEqual([0, 0, 0])
    const snapshot = registry.snapshot()
    expect(numberOf(snapshot, 'jobs_total')).toBe(5 + 66)
    expect(numberOf(snapshot, 'depth')).toBe(66)
    expect(histogramOf(snapshot, 'job_seconds')).toMatchObject({ count: 66, min: 1, max: 33 })
    expect(
      timelinesOf(snapshot, 'work')
        .map(({ spans }) => spans.length)
        .sort(),
    ).toEqual([11, 22, 33])
  })

  test('shows what a thread recorded whose event loop is blocked, its own series too', async () => {
    const registry = new MetricsRegistry()
    const { worker, open, exited } = startThread(registry, 'recordThenBlock', { amount: 40 })
    await until(() => has(registry.snapshot(), 'own_total'))
    const labels = { thread_name: 'a "quoted"\n name' }
    await until(() => numberOf(registry.snapshot(), 'own_total', labels) === 40)
    expectRecorded(registry, 40, worker.threadId)
    const own = registry.snapshot().series.find(({ name }) => name === 'own_total')
    expect(own).toMatchObject({ help: 'Only here: “ü”.', labels })
    open() // only now does the thread go on
    expect(await exited).toBe(0)
  })

  test('shows a thread progress that does nothing but count in a loop', async () => {
    const registry = new MetricsRegistry()
    startThread(registry, 'countForEver')
    const count = () =>
      has(registry.snapshot(), 'jobs_total') ? numberOf(registry.snapshot(), 'jobs_total') : 0
    await until(() => count() > 1_000_000) // long enough for the loop to have been optimised
    const before = count()
    await until(() => count() > before + 1_000_000)
  })

  test('can be taken by any thread that is attached', () => {
    const registry = new MetricsRegistry()
    const other = MetricsRegistry.attach(registry.share())
    registry.counter('a_total', { help }).add(1)
    other.counter('a_total', { help }).add(2)
    expect(other.slot).toBe(1)
    expect({ ...other.snapshot(), takenAt: 0 }).toEqual({ ...registry.snapshot(), takenAt: 0 })
    expect(numberOf(other.snapshot(), 'a_total')).toBe(3)
  })
})

describe('nothing is lost of a thread', patience, () => {
  test.each([
    ['exits', 'exitAfterRecording', 7],
    ['throws', 'throwAfterRecording', 1],
    ['runs out of memory', 'runOutOfMemoryAfterRecording', 1],
  ] as const)('that %s', async (_, job, exitCode) => {
    const registry = new MetricsRegistry()
    const { worker, exited } = startThread(registry, job, { amount: 100 })
    const { threadId } = worker
    expect(await exited).toBe(exitCode)
    expectRecorded(registry, 100, threadId)
  })

  test('that is terminated', async () => {
    const registry = new MetricsRegistry()
    const { worker } = startThread(registry, 'recordThenBlock', { amount: 100 })
    const { threadId } = worker
    await until(() => has(registry.snapshot(), 'own_total'))
    await worker.terminate()
    expectRecorded(registry, 100, threadId)
  })
})

describe('a handle', patience, () => {
  test('is for one thread', async () => {
    const registry = new MetricsRegistry()
    const { handle, open, exited } = startThread(registry, 'recordThenBlock')
    await until(() => has(registry.snapshot(), 'own_total'))
    expect(() => MetricsRegistry.attach(handle)).toThrow(
      'this handle was opened by another thread, or was retired. A handle is for one thread: call share() for each.',
    )
    open()
    expect(await exited).toBe(0)
  })

  test('opens twice in its thread, and nothing is counted over', () => {
    const handle = new MetricsRegistry().share()
    const one = MetricsRegistry.attach(handle)
    const two = MetricsRegistry.attach(structuredClone(handle))
    for (let n = 1; n <= 3; n += 1) {
      for (const registry of [one, two]) {
        registry.counter('a_total', { help }).add()
        registry.gauge('b', { help }).add(2)
        registry.histogram('c', { help }).record(n)
        registry.timeline('d').record('span', n, n)
      }
    }
    const snapshot = one.snapshot()
    expect(numberOf(snapshot, 'a_total')).toBe(6)
    expect(numberOf(snapshot, 'b')).toBe(12)
    expect(histogramOf(snapshot, 'c')).toMatchObject({ count: 6, sum: 12, min: 1, max: 3 })
    expect(timelinesOf(snapshot, 'd')[0]!.spans.map(({ start }) => start)).toEqual([
      1, 1, 2, 2, 3, 3,
    ])
  })

  test('can be shared on to a thread’s own threads', async () => {
    const registry = new MetricsRegistry()
    const { worker, open, exited } = startThread(registry, 'nest', { amount: 30 })
    await once(worker, 'message')
    expect(numberOf(registry.snapshot(), 'jobs_total')).toBe(60)
    open()
    expect(await exited).toBe(0)
  })
})

test('threads that make the same series at the same moment make it once', patience, async () => {
  const registry = new MetricsRegistry()
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const threads = [1, 2, 3, 4].map(() =>
    startThread(registry, 'declareMany', { amount: 300, gate }),
  )
  await Promise.all(threads.map(({ worker }) => once(worker, 'online')))
  threads[0]!.open()
  await Promise.all(threads.map(({ exited }) => exited))
  const { series } = registry.snapshot()
  const values = series.filter(({ name }) => name === 'shared_total').map(({ value }) => value)
  expect(values).toEqual(new Array(300).fill(4))
  const names = timelinesOf(registry.snapshot(), 'work').map(({ spans }) =>
    spans.map(({ name }) => name),
  )
  expect(names).toEqual(new Array(4).fill(Array.from({ length: 300 }, (_, n) => `name ${n}`)))
})

test('all threads have one clock', patience, async () => {
  const registry = new MetricsRegistry()
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const timeline = registry.timeline('work')
  const { worker } = startThread(registry, 'tellTime', { amount: 20, gate })
  await once(worker, 'online')
  for (let n = 0; n < 20; n += 1) {
    const before = timeline.now()
    Atomics.store(gate, 0, n * 2 + 1)
    Atomics.notify(gate, 0)
    const [inThread] = await once(worker, 'message')
    const after = timeline.now()
    expect(inThread).toBeGreaterThan(before - 0.05) // what reading two clocks together may be off
    expect(inThread).toBeLessThan(after + 0.05)
    await until(() => Atomics.load(gate, 0) === n * 2 + 2)
  }
})

test('a runner’s series are the same ones in its threads', patience, async () => {
  const registry = new MetricsRegistry()
  const metrics = runnerMetrics(registry, 'fork-join')
  metrics.submitted.add(9)
  metrics.settled.failed.add(2)
  metrics.threadsExited.closed.add()
  metrics.waiting.add(3)
  const { exited, worker } = startThread(registry, 'runTasks', { amount: 7 })
  const { threadId } = worker
  expect(await exited).toBe(0)
  const snapshot = registry.snapshot()
  const runner = 'fork-join'
  expect(numberOf(snapshot, 'threeply_tasks_submitted_total', { runner })).toBe(9)
  expect(numberOf(snapshot, 'threeply_tasks_settled_total', { runner, outcome: 'completed' })).toBe(
    7,
  )
  expect(numberOf(snapshot, 'threeply_tasks_settled_total', { runner, outcome: 'failed' })).toBe(2)
  expect(numberOf(snapshot, 'threeply_tasks_settled_total', { runner, outcome: 'timed-out' })).toBe(
    0,
  )
  expect(numberOf(snapshot, 'threeply_threads_exited_total', { runner, reason: 'closed' })).toBe(1)
  expect(numberOf(snapshot, 'threeply_tasks_waiting', { runner })).toBe(3)
  expect(histogramOf(snapshot, 'threeply_task_run_seconds', { runner })).toMatchObject({
    count: 7,
    sum: 1.75,
  })
  const spans = timelinesOf(snapshot, 'threeply_task').find(
    ({ thread }) => thread === threadId,
  )!.spans
  expect(spans.map(({ name }) => name)).toEqual(new Array(7).fill('run'))
})
