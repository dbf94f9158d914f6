/** What a thread records of the tasks that it runs; without a handle, nothing, at no cost. */
import type { MetricsHandle } from '@threeply/metrics'
import type { RunnerMetrics } from '@threeply/metrics/runner'

const MS_PER_SECOND = 1_000

/** Tasks that ran within so many milliseconds are recorded together: that costs as much as a small one. */
const TOGETHER_MS = 0.1

export class TaskMeter {
  readonly #metrics: RunnerMetrics | undefined
  /** From `performance.now()` here to the clock of all threads. */
  readonly #clockOffset: number
  /** Tasks that ran, submitted together, one after the other, and are not recorded yet. */
  #count = 0
  #submittedAt = 0
  #start = 0
  #end = Number.NaN
  #running = 0
  /** How many run as others can see it. */
  #shown = 0

  private constructor(metrics: RunnerMetrics | undefined) {
    this.#metrics = metrics
    this.#clockOffset = metrics === undefined ? 0 : metrics.timeline.now() - performance.now()
  }

  /** The imports are paid by those who measure alone: they would slow down the start of any thread. */
  static async open(handle: MetricsHandle | undefined): Promise<TaskMeter> {
    if (handle === undefined) return new TaskMeter(undefined)
    const [{ MetricsRegistry }, { runnerMetrics }] = await Promise.all([
      import('@threeply/metrics'),
      import('@threeply/metrics/runner'),
    ])
    return new TaskMeter(runnerMetrics(MetricsRegistry.attach(handle), 'fork-join'))
  }

  started(): void {
    if (this.#metrics === undefined) return
    this.#metrics.waiting.add(-1)
    this.#running += 1
    this.showRunning()
  }

  /** Others see it when the next has started, which is as many again, or by `showRunning`. */
  ended(): void {
    if (this.#metrics !== undefined) this.#running -= 1
  }

  /** To be called before anything is answered. Set, not added to: what ran when the thread died runs no more. */
  showRunning(): void {
    if (this.#running === this.#shown || this.#metrics === undefined) return
    this.#shown = this.#running
    this.#metrics.running.set(this.#running)
  }

  /**
   * `count` tasks, submitted at `submittedAt`, ran one after the other from `start` to `end`. Small
   * ones are recorded together, with those that ran just before: each with their mean, and all have
   * one span.
   */
  ran(count: number, submittedAt: number, start: number, end: number): void {
    if (this.#metrics === undefined || count === 0) return
    const isLong = end - start >= TOGETHER_MS
    if (isLong || start !== this.#end || submittedAt !== this.#submittedAt) {
      this.record()
      this.#start = start
      this.#submittedAt = submittedAt
    }
    this.#end = end
    this.#count += count
    if (end - this.#start >= TOGETHER_MS) this.record()
  }

  /** Records what ran, if that was not yet; to be called before it is answered. */
  record(): void {
    if (this.#metrics === undefined || this.#count === 0) return
    const { queueTime, runTime, timeline } = this.#metrics
    const count = this.#count
    const start = this.#start
    const end = this.#end
    const submittedAt = this.#submittedAt
    this.#count = 0
    this.#end = Number.NaN
    const startedAt = start + this.#clockOffset
    const waited = Math.max(0, startedAt - submittedAt)
    const ran = (end - start) / count
    queueTime.record(waited / MS_PER_SECOND, count)
    runTime.record(ran / MS_PER_SECOND, count)
    timeline.record('queued', submittedAt, submittedAt + waited)
    timeline.record('run', startedAt, end + this.#clockOffset)
  }
}
