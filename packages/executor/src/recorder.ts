/** Records what tasks do, under the names that all runners share. */
import type { Gauge, MetricsRegistry } from '@threeply/metrics'
import { type RunnerMetrics, runnerMetrics, type TaskOutcome } from '@threeply/metrics/runner'

const MILLISECONDS = 1_000 // of a second; the series are in seconds

export class Recorder {
  readonly #metrics: RunnerMetrics
  readonly #zombies: Gauge
  readonly #limit: Gauge

  constructor(registry: MetricsRegistry) {
    this.#metrics = runnerMetrics(registry, 'executor')
    this.#zombies = registry.gauge('threeply_tasks_zombie', {
      help: 'Functions that outlived their timeout, gave their slot back, and have not ended.',
      labels: { runner: 'executor' },
    })
    this.#limit = registry.gauge('threeply_concurrency_limit', {
      help: 'How many functions may run at the same time; 0 while there is no limit.',
      labels: { runner: 'executor' },
    })
  }

  limited(concurrency: number): void {
    this.#limit.set(concurrency === Number.POSITIVE_INFINITY ? 0 : concurrency)
  }

  now(): number {
    return this.#metrics.timeline.now()
  }

  submitted(): void {
    this.#metrics.submitted.add()
    this.#metrics.waiting.add(1)
  }

  /** A task that waited since `submittedAt` has started, or has left the queue without. */
  left(submittedAt: number, startedAt?: number): void {
    this.#metrics.waiting.add(-1)
    const now = startedAt ?? this.now()
    this.#metrics.queueTime.record((now - submittedAt) / MILLISECONDS)
    this.#metrics.timeline.record('queued', submittedAt, now)
    if (startedAt !== undefined) this.#metrics.running.add(1)
  }

  /** A task that has started waits again, to be retried. */
  requeued(): void {
    this.#metrics.waiting.add(1)
  }

  /** A function that runs no longer counts as running. */
  released(): void {
    this.#metrics.running.add(-1)
    this.#zombies.add(1)
  }

  /** A function that ran since `startedAt` has ended. */
  ended(startedAt: number, wasReleased: boolean): void {
    const now = this.now()
    if (wasReleased) this.#zombies.add(-1)
    else this.#metrics.running.add(-1)
    this.#metrics.runTime.record((now - startedAt) / MILLISECONDS)
    this.#metrics.timeline.record('run', startedAt, now)
  }

  settled(outcome: TaskOutcome): void {
    this.#metrics.settled[outcome].add()
  }
}
