/** Starts a real thread that does one of the jobs. */
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import type { MetricsHandle, MetricsRegistry } from '../../src/index.ts'
import type { jobs } from './jobs.ts'

export interface StartedThread {
  readonly worker: Worker
  readonly handle: MetricsHandle
  /** Fulfilled with the exit code; never rejects. */
  readonly exited: Promise<number>
  /** Lets a thread that waits at the gate go on. */
  open(): void
}

export function startThread(
  registry: MetricsRegistry,
  job: keyof typeof jobs,
  { amount = 1, gate = new Int32Array(new SharedArrayBuffer(8)) } = {},
): StartedThread {
  const handle = registry.share()
  const worker = new Worker(new URL('./jobs.ts', import.meta.url), {
    workerData: { job, handle, amount, gate },
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  })
  worker.on('error', () => {}) // a thread that fails on purpose says so by its exit code
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
  const open = (): void => {
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
  }
  onTestFinished(async () => {
    open()
    await worker.terminate()
  })
  return { worker, handle, exited, open }
}

/** Waits until `condition` holds; the test's own timeout says when it never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}
