/** What the parent records of a pool; without a registry, nothing, at no cost. */
import type { Counter, MetricsHandle, MetricsRegistry } from '@threeply/metrics'
import { type RunnerMetrics, runnerMetrics } from '@threeply/metrics/runner'
import type { Outcome } from './submission.ts'

const MS_PER_SECOND = 1_000

/** Why a thread ended. */
export type ExitReason = 'closed' | 'failed' | 'terminated'

/**
 * A task counts as waiting from its submission until its thread says that it has started, or until
 * it is settled without; the thread counts those that run, and takes the count with it when it dies.
 */
export class PoolMetrics {
  readonly #registry: MetricsRegistry | undefined
  readonly #metrics: RunnerMetrics | undefined
  readonly #serialiseTime: Counter | undefined
  /** From `performance.now()` here to the clock of all threads. */
  readonly #clockOffset: number

  constructor(registry: MetricsRegistry | undefined) {
    this.#registry = registry
    this.#metrics = registry && runnerMetrics(registry, 'fork-join')
    this.#serialiseTime = registry?.counter('threeply_serialise_seconds_total', {
      help: 'How long the parent made messages for its threads.',
      unit: 'seconds',
      labels: { runner: 'fork-join' },
    })
    this.#clockOffset =
      this.#metrics === undefined ? 0 : this.#metrics.timeline.now() - performance.now()
  }

  /** A time of `performance.now()` on the clock of all threads. */
  time(now: number): number {
    return now + this.#clockOffset
  }

  submitted(count = 1): void {
    this.#metrics?.submitted.add(count)
    this.#metrics?.waiting.add(count)
  }

  settled(outcome: Outcome, hasStarted: boolean, count = 1): void {
    this.#metrics?.settled[outcome].add(count)
    if (!hasStarted) this.#metrics?.waiting.add(-count)
  }

  /** A task that has started is to start again. */
  waitsAgain(): void {
    this.#metrics?.waiting.add(1)
  }

  /** Making a message took from `start` to `end`, by `performance.now()`. */
  serialised(start: number, end: number): void {
    this.#serialiseTime?.add((end - start) / MS_PER_SECOND)
    this.#metrics?.timeline.record('serialise', this.time(start), this.time(end))
  }

  /** Tasks that were sent to a busy thread at `sentAt` are another's from now on. */
  stolen(sentAt: number): void {
    if (this.#metrics === undefined) return
    this.#metrics.timeline.record('stolen', this.time(sentAt), this.#metrics.timeline.now())
  }

  /** A call never became a task. */
  refused(outcome: Outcome): void {
    this.#metrics?.submitted.add()
    this.#metrics?.settled[outcome].add()
  }

  /** @returns What the thread records with. */
  threadStarted(): MetricsHandle | undefined {
    this.#metrics?.threads.add(1)
    this.#metrics?.threadsStarted.add()
    return this.#registry?.share()
  }

  threadExited(reason: ExitReason, handle: MetricsHandle | undefined): void {
    this.#metrics?.threads.add(-1)
    this.#metrics?.threadsExited[reason].add()
    if (handle !== undefined) this.#registry?.retire(handle)
  }
}
