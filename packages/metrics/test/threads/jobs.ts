/** What the tests' threads do; each is named in `workerData.job` and gets its own registry. */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { type MetricsHandle, MetricsRegistry } from '../../src/index.ts'
import { runnerMetrics } from '../../src/runner.ts'

export interface JobData {
  readonly handle: MetricsHandle
  /** Words for the test and the thread to wait for each other: [0] is set to let the thread go on. */
  readonly gate: Int32Array
  readonly amount: number
}

const FOREVER_HEAP: unknown[] = []

export const jobs = {
  count({ registry, data }: Job) {
    const counter = registry.counter('jobs_total', { help: 'Jobs.' })
    for (let n = 0; n < data.amount; n += 1) counter.add()
  },

  recordAll({ registry, data }: Job) {
    registry.counter('jobs_total', { help: 'Jobs.' }).add(data.amount)
    registry.gauge('depth', { help: 'Depth.' }).add(data.amount)
    const histogram = registry.histogram('job_seconds', { help: 'Time.', unit: 'seconds' })
    for (let n = 1; n <= data.amount; n += 1) histogram.record(n)
    const timeline = registry.timeline('work')
    for (let n = 1; n <= data.amount; n += 1) timeline.record('job', n, n + 1)
  },

  recordThenBlock(job: Job) {
    jobs.recordAll(job)
    registerOwn(job)
    Atomics.wait(job.data.gate, 0, 0)
  },

  countForEver({ registry, data }: Job) {
    const counter = registry.counter('jobs_total', { help: 'Jobs.' })
    for (;;) counter.add(data.amount)
  },

  observeForEver({ registry }: Job) {
    const histogram = registry.histogram('job_seconds', { help: 'Time.', unit: 'seconds' })
    for (let n = 0; ; n = (n + 1) % 1000) histogram.record(n)
  },

  recordSpansForEver({ registry }: Job) {
    const timeline = registry.timeline('work')
    for (let n = 1; ; n += 1)
      timeline.record(`span ${n % 7}`, n, n * 2, { id: n * 3, parent: n * 4 })
  },

  declareMany({ registry, data }: Job) {
    Atomics.wait(data.gate, 0, 0) // all threads begin at once
    for (let n = 0; n < data.amount; n += 1) {
      registry.counter('shared_total', { help: 'Shared.', labels: { n: String(n) } }).add()
      registry.timeline('work').record(`name ${n}`, n, n)
    }
  },

  setGauge({ registry, data }: Job) {
    registry.gauge('heap', { help: 'Heap.' }).set(data.amount)
    registry.gauge('depth', { help: 'Depth.' }).add(data.amount)
  },

  exitAfterRecording(job: Job) {
    jobs.recordAll(job)
    process.exit(7)
  },

  throwAfterRecording(job: Job) {
    jobs.recordAll(job)
    throw new Error('on purpose')
  },

  runOutOfMemoryAfterRecording(job: Job) {
    jobs.recordAll(job)
    // Not large arrays: a loop that makes those may hang in Node 26.10 instead of running out.
    for (let n = 0; ; n += 1) FOREVER_HEAP.push({ text: String(n) })
  },

  /** Shares on to a thread of its own, which shares nothing, and stays until the gate opens. */
  async nest({ registry, data }: Job) {
    registry.counter('jobs_total', { help: 'Jobs.' }).add(data.amount)
    const inner = new Worker(new URL(import.meta.url), {
      workerData: { ...data, handle: registry.share(), job: 'count' },
    })
    await new Promise((resolve) => inner.once('exit', resolve))
    parentPort?.postMessage('nested')
    Atomics.wait(data.gate, 0, 0)
  },

  tellTime({ registry, data }: Job) {
    const timeline = registry.timeline('work')
    for (let n = 0; n < data.amount; n += 1) {
      Atomics.wait(data.gate, 0, n * 2) // the test has read its clock
      parentPort?.postMessage(timeline.now())
      Atomics.store(data.gate, 0, n * 2 + 2)
    }
  },

  runTasks({ registry, data }: Job) {
    const metrics = runnerMetrics(registry, 'fork-join')
    for (let n = 0; n < data.amount; n += 1) {
      metrics.runTime.record(0.25)
      metrics.settled.completed.add()
      metrics.timeline.record('run', n, n + 1)
    }
  },
}

interface Job {
  readonly registry: MetricsRegistry
  readonly data: JobData
}

/** A series that the test's own thread has never heard of. */
function registerOwn({ registry, data }: Job): void {
  registry
    .counter('own_total', { help: 'Only here: “ü”.', labels: { thread_name: 'a "quoted"\n name' } })
    .add(data.amount)
}

const { job, ...data } = (workerData ?? {}) as JobData & { readonly job?: keyof typeof jobs }
if (job !== undefined && job in jobs) {
  await jobs[job]({ registry: MetricsRegistry.attach(data.handle), data })
}
