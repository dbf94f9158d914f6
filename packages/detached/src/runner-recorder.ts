/** What a runner with metrics records in the parent: counts, waiting times, and what died while it ran. */
import type { MetricsHandle, MetricsRegistry } from '@threeply/metrics'
import { type RunnerMetrics, runnerMetrics, type TaskOutcome } from '@threeply/metrics/runner'
import { ThreadExitError } from '@threeply/task'
import type { Ending } from './exit-report.ts'

export class RunnerRecorder {
  readonly #registry: MetricsRegistry
  readonly #metrics: RunnerMetrics

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    this.#metrics = runnerMetrics(registry, 'detached')
  }

  /** A handle for a new thread, to be taken back when it has exited. */
  threadStarted(): MetricsHandle {
    this.#metrics.threads.add(1)
    this.#metrics.threadsStarted.add()
    return this.#registry.share()
  }

  threadExited(handle: MetricsHandle, reason: keyof RunnerMetrics['threadsExited']): void {
    this.#metrics.threads.add(-1)
    this.#metrics.threadsExited[reason].add()
    this.#registry.retire(handle)
  }

  taskSubmitted(id: number): TaskRecorder {
    this.#metrics.submitted.add()
    return new TaskRecorder(this.#metrics, id)
  }

  taskRefused(): void {
    this.#metrics.submitted.add()
    this.#metrics.settled.closed.add()
  }
}

export class TaskRecorder {
  readonly #metrics: RunnerMetrics
  readonly #id: number
  readonly #submittedAt: number
  #startedAt: number | undefined

  constructor(metrics: RunnerMetrics, id: number) {
    this.#metrics = metrics
    this.#id = id
    this.#submittedAt = metrics.timeline.now()
    metrics.waiting.add(1)
  }

  started(): void {
    const { waiting, running, queueTime, timeline } = this.#metrics
    this.#startedAt = timeline.now()
    waiting.add(-1)
    running.add(1)
    queueTime.record((this.#startedAt - this.#submittedAt) / 1_000)
    timeline.record('queued', this.#submittedAt, this.#startedAt, { id: this.#id })
  }

  /** @param settled Whether the task settled in its thread, which has recorded the run then. */
  ended(ending: Ending, settled: boolean): void {
    const { waiting, running, runTime, timeline } = this.#metrics
    this.#metrics.settled[outcomeOf(ending)].add()
    if (this.#startedAt === undefined) {
      waiting.add(-1)
      return
    }
    running.add(-1)
    if (settled) return
    const endedAt = timeline.now()
    runTime.record((endedAt - this.#startedAt) / 1_000)
    timeline.record('run', this.#startedAt, endedAt, { id: this.#id })
  }
}

function outcomeOf({ report, joined }: Ending): TaskOutcome {
  if (joined.status === 'fulfilled') return 'completed'
  if (joined.reason instanceof ThreadExitError) return 'thread-exit'
  return report.reason === 'failed' ? 'failed' : 'cancelled'
}
