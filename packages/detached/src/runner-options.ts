/** What a runner and its `spawn` take, and how they refuse what is none of it. */
import type { ResourceLimits } from 'node:worker_threads'
import type { MetricsRegistry } from '@threeply/metrics'
import {
  checkDuration,
  checkOptionNames,
  checkSignal,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'

export interface DetachedRunnerOptions {
  /**
   * How many threads are kept started, with the module loaded, so that a spawn costs a message and not
   * a start. They do not keep the process alive. @default 0
   */
  readonly spares?: number | undefined
  /** How long a task that is asked to stop is given before its thread is terminated, in milliseconds. @default 5_000 */
  readonly grace?: number | undefined
  /** The memory of each thread, as Node's `Worker` takes it. @default Node's own */
  readonly resourceLimits?: ResourceLimits | undefined
  /** Where threads and tasks are counted and timed. @default nowhere */
  readonly metrics?: MetricsRegistry | undefined
}

export interface SpawnOptions {
  /** What the thread is called in messages and tools. @default the name of the task */
  readonly name?: string | undefined
  /**
   * Asks the task to stop when it is aborted, and terminates its thread when the runner's `grace` has
   * run out; `join` rejects with its reason. Aborted already: the task never starts.
   */
  readonly signal?: AbortSignal | undefined
  /** Objects in the input to be moved, not copied. */
  readonly transfer?: readonly unknown[] | undefined
  /** Replace those of the runner, name by name. Such a thread is started afresh, never a spare. */
  readonly resourceLimits?: ResourceLimits | undefined
  /** Whether the running thread keeps the process alive. @default true */
  readonly ref?: boolean | undefined
}

/** The options, defaults filled in. */
export interface CheckedRunnerOptions {
  readonly spares: number
  readonly grace: number
  readonly resourceLimits: ResourceLimits | undefined
  readonly metrics: MetricsRegistry | undefined
}

const RUNNER = 'DetachedRunner'
const OPTIONS = ['spares', 'grace', 'resourceLimits', 'metrics']
const LIMITS = [
  'maxOldGenerationSizeMb',
  'maxYoungGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
]

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkRunnerOptions(options: DetachedRunnerOptions): CheckedRunnerOptions {
  checkOptionNames(RUNNER, options, OPTIONS)
  const { spares = 0, grace = 5_000, resourceLimits, metrics } = options as DetachedRunnerOptions
  checkWholeNumber(RUNNER, 'spares', spares, { minimum: 0 })
  checkDuration(RUNNER, 'grace', grace)
  checkResourceLimits(RUNNER, resourceLimits)
  checkMetrics(metrics)
  return { spares, grace, resourceLimits, metrics }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkSpawn(taskName: unknown, options: unknown): asserts options is SpawnOptions {
  if (typeof taskName !== 'string') {
    throw invalidOption('spawn', 'name', taskName, "a task's name, first, as a string")
  }
  if (typeof options !== 'object' || options === null) {
    throw invalidOption('spawn', 'options', options, 'an object')
  }
  const { name, signal, transfer, resourceLimits, ref } = options as Record<string, unknown>
  if (name !== undefined && typeof name !== 'string') {
    throw invalidOption('spawn', 'name', name, 'a string')
  }
  if (signal !== undefined) checkSignal('spawn', 'signal', signal)
  if (transfer !== undefined && !Array.isArray(transfer)) {
    throw invalidOption('spawn', 'transfer', transfer, 'an array of what to move')
  }
  checkResourceLimits('spawn', resourceLimits)
  if (ref !== undefined && typeof ref !== 'boolean') {
    throw invalidOption('spawn', 'ref', ref, 'true or false')
  }
}

function checkResourceLimits(owner: string, limits: unknown): void {
  if (limits === undefined) return
  if (typeof limits !== 'object' || limits === null) {
    throw invalidOption(owner, 'resourceLimits', limits, `an object with ${LIMITS.join(', ')}`)
  }
  // A misspelt limit would be none.
  checkOptionNames('resourceLimits', limits, LIMITS)
  for (const [name, megabytes] of Object.entries(limits)) {
    const isSize = typeof megabytes === 'number' && megabytes > 0 && Number.isFinite(megabytes)
    if (megabytes === undefined || isSize) continue
    throw invalidOption(owner, `resourceLimits.${name}`, megabytes, 'megabytes, more than 0')
  }
}

function checkMetrics(metrics: unknown): void {
  if (metrics === undefined) return
  // By shape, not by class: the registry may be of another copy of the package.
  const isRegistry =
    typeof metrics === 'object' &&
    metrics !== null &&
    'histogram' in metrics &&
    typeof metrics.histogram === 'function'
  if (!isRegistry) throw invalidOption(RUNNER, 'metrics', metrics, 'a MetricsRegistry')
}
