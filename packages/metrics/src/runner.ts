/** What every runner records, under one set of names. */
import type { Counter } from './recorders/counter.ts'
import type { Gauge } from './recorders/gauge.ts'
import type { Histogram } from './recorders/histogram.ts'
import type { Timeline } from './recorders/timeline.ts'
import type { MetricsRegistry } from './registry.ts'

/** The value of the label `runner`. */
export type RunnerKind = 'fork-join' | 'detached' | 'executor'

/** How a task was settled. */
export type TaskOutcome =
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timed-out'
  | 'thread-exit'
  | 'refused'
  | 'dropped'
  | 'closed'

/** Why a thread exited. */
export type ThreadExitReason = 'closed' | 'failed' | 'terminated'

/** The handles of one runner, bound to their labels. */
export interface RunnerMetrics {
  /** `threeply_tasks_submitted_total{runner}` */
  readonly submitted: Counter
  /** `threeply_tasks_settled_total{runner,outcome}` */
  readonly settled: Readonly<Record<TaskOutcome, Counter>>
  /** `threeply_tasks_waiting{runner}` */
  readonly waiting: Gauge
  /** `threeply_tasks_running{runner}` */
  readonly running: Gauge
  /** `threeply_task_queue_seconds{runner}`, in seconds */
  readonly queueTime: Histogram
  /** `threeply_task_run_seconds{runner}`, in seconds */
  readonly runTime: Histogram
  /** `threeply_threads{runner}` */
  readonly threads: Gauge
  /** `threeply_threads_started_total{runner}` */
  readonly threadsStarted: Counter
  /** `threeply_threads_exited_total{runner,reason}` */
  readonly threadsExited: Readonly<Record<ThreadExitReason, Counter>>
  /** `threeply_task`: spans named `queued` and `run` */
  readonly timeline: Timeline
}

/**
 * Makes the series of a runner, or finds them: the same call in a thread, on an attached registry,
 * gives the same series in that thread's shard. Threads record times and spans; gauges belong to
 * the parent, which alone learns of every death, and should be `add`ed to, so that two runners of
 * one kind add up.
 */
export function runnerMetrics(registry: MetricsRegistry, runner: RunnerKind): RunnerMetrics {
  const labels = { runner }
  return {
    submitted: registry.counter('threeply_tasks_submitted_total', {
      help: 'Tasks that were submitted, refused ones included.',
      labels,
    }),
    settled: byLabel(OUTCOMES, (outcome) =>
      registry.counter('threeply_tasks_settled_total', {
        help: 'Tasks that were settled, by outcome.',
        labels: { runner, outcome },
      }),
    ),
    waiting: registry.gauge('threeply_tasks_waiting', {
      help: 'Tasks that were submitted and have not started.',
      labels,
    }),
    running: registry.gauge('threeply_tasks_running', {
      help: 'Tasks that have started and have not ended.',
      labels,
    }),
    queueTime: registry.histogram('threeply_task_queue_seconds', {
      help: 'How long tasks waited before they started.',
      unit: 'seconds',
      labels,
    }),
    runTime: registry.histogram('threeply_task_run_seconds', {
      help: 'How long tasks ran.',
      unit: 'seconds',
      labels,
    }),
    threads: registry.gauge('threeply_threads', { help: 'Threads that are alive.', labels }),
    threadsStarted: registry.counter('threeply_threads_started_total', {
      help: 'Threads that were started.',
      labels,
    }),
    threadsExited: byLabel(EXIT_REASONS, (reason) =>
      registry.counter('threeply_threads_exited_total', {
        help: 'Threads that have exited, by reason.',
        labels: { runner, reason },
      }),
    ),
    timeline: registry.timeline('threeply_task', {
      help: 'When tasks were queued and when they ran.',
    }),
  }
}

const OUTCOMES: readonly TaskOutcome[] = [
  'completed',
  'failed',
  'cancelled',
  'timed-out',
  'thread-exit',
  'refused',
  'dropped',
  'closed',
]

const EXIT_REASONS: readonly ThreadExitReason[] = ['closed', 'failed', 'terminated']

function byLabel<Value extends string>(
  values: readonly Value[],
  make: (value: Value) => Counter,
): Readonly<Record<Value, Counter>> {
  return Object.fromEntries(values.map((value) => [value, make(value)])) as Record<Value, Counter>
}
