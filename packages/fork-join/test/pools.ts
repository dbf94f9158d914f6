/** What these tests share: a pool that ends with its test, and memory to hold its tasks with. */
import type { MetricsRegistry } from '@threeply/metrics'
import { onTestFinished } from 'vitest'
import { ForkJoinPool, type ForkJoinPoolOptions } from '../src/index.ts'

export type Tasks = typeof import('./fixtures/tasks.ts')

export const TASKS: URL = new URL('./fixtures/tasks.ts', import.meta.url)

export function makePool(
  options: ForkJoinPoolOptions = {},
  module: URL = TASKS,
): ForkJoinPool<Tasks> {
  const pool = new ForkJoinPool<Tasks>(module, { threads: 2, ...options })
  onTestFinished(() => pool.destroy())
  return pool
}

/** Words that tasks count and wait in. */
export class Words {
  readonly words: Int32Array = new Int32Array(new SharedArrayBuffer(64))

  constructor() {
    onTestFinished(() => this.release())
  }

  get starts(): number {
    return Atomics.load(this.words, 0)
  }

  get ends(): number {
    return Atomics.load(this.words, 2)
  }

  async started(count = 1): Promise<void> {
    await until(() => this.starts >= count)
  }

  release(): void {
    Atomics.store(this.words, 1, 1)
    Atomics.notify(this.words, 1)
  }
}

/** Waits for a condition, long enough for a machine that is busy with other things. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUp = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > giveUp) throw new Error(`waited in vain for ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** What `promise` rejects with; a test that expects it fails otherwise. */
export async function failure(
  promise: PromiseLike<unknown>,
): Promise<Error & Record<string, unknown>> {
  try {
    const output = await promise
    throw new Error(`fulfilled with ${JSON.stringify(output)}`)
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
}

export type ForkingTasks = typeof import('./fixtures/forks.ts')

export function makeForkingPool(options: ForkJoinPoolOptions = {}): ForkJoinPool<ForkingTasks> {
  const url = new URL('./fixtures/forks.ts', import.meta.url)
  const pool = new ForkJoinPool<ForkingTasks>(url, { threads: 2, ...options })
  onTestFinished(() => pool.destroy())
  return pool
}

/** How many tasks were submitted, how many have settled, and how many still wait by the gauge. */
export function totals(metrics: MetricsRegistry): Record<string, number> {
  const sums = { submitted: 0, settled: 0, waiting: 0 }
  for (const { name, value } of metrics.snapshot().series) {
    if (name === 'threeply_tasks_submitted_total') sums.submitted += value as number
    if (name === 'threeply_tasks_settled_total') sums.settled += value as number
    if (name === 'threeply_tasks_waiting') sums.waiting += value as number
  }
  return sums
}
