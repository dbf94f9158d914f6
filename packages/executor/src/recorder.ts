/** Records what tasks do, under the names that all runners share. */
import type { MetricsRegistry } from '@threeply/metrics'
import { type RunnerMetrics, runnerMetrics, type TaskOutcome } from '@threeply/metrics/runner'

const MILLISECONDS = 1_000 // of a second; the series are in seconds

export class Recorder {
  readonly #metrics: RunnerMetrics

  constructor(registry: MetricsRegistry) {
    this.#metrics = runnerMetrics(registry, 'executor')
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

  /** A function that ran since `startedAt` has ended. */
  ended(startedAt: number): void {
    const now = this.now()
    this.#metrics.running.add(-1)
    this.#metrics.runTime.record((now - startedAt) / MILLISECONDS)
    this.#metrics.timeline.record('run', startedAt, now)
  }

  settled(outcome: TaskOutcome): void {
    this.#metrics.settled[outcome].add()
  }

  /** A task that was refused at the door. */
  refused(outcome: TaskOutcome): void {
    this.#metrics.submitted.add()
    this.#metrics.settled[outcome].add()
  }
}
