/** What an executor takes: types, defaults, and the refusal of bad values. */
import type { MetricsRegistry } from '@threeply/metrics'
import {
  checkChoice,
  checkDuration,
  checkOptionNames,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import type { AdaptiveLimit } from './adaptive/adaptive-limit.ts'
import { checkBoolean, checkObject, OWNER } from './option-checks.ts'
import type { Overflow, QueueSettings } from './queue-settings.ts'
import type { RateSettings } from './rate-limit.ts'
import { type RateOptions, rateSettings } from './rate-options.ts'
import { RetryBudget } from './retry-budget.ts'

export interface AsyncExecutorOptions {
  /**
   * How many functions run at the same time: a whole number of 1 or more, or `Infinity`. With
   * `adaptive`, how many at first.
   */
  readonly concurrency: number
  /**
   * What moves `concurrency` by how long functions run and whether they fail, between the bounds
   * that it has: {@link Gradient2Limit}, {@link VegasLimit}, {@link AimdLimit}, or an object of your
   * own. One for each executor.
   * @default the concurrency stays
   */
  readonly adaptive?: AdaptiveLimit | undefined
  /**
   * How many calls of `run` may wait, those that run not counted: a whole number of 0 or more, or
   * `Infinity`. Inputs of `map` and its kin do not wait here: they are pulled when they can run.
   * @default Infinity
   */
  readonly queueLimit?: number | undefined
  /**
   * What becomes of a call of `run` when as many wait as may: it is refused with `QueueFullError`,
   * waits for room, or takes the place of the one that has waited longest, which is rejected with
   * `TaskDroppedError`.
   * @default 'reject'
   */
  readonly overflow?: Overflow | undefined
  /**
   * How many functions of one `key` run at the same time, under `concurrency`: a whole number of 1
   * or more, or `Infinity`.
   * @default Infinity
   */
  readonly keyConcurrency?: number | undefined
  /** How many functions may start in a time. @default as many as there are slots for */
  readonly rate?: RateOptions | undefined
  /**
   * Whether a function that outlives its timeout gives its slot back at once, and counts among
   * {@link AsyncExecutor.zombies} until it has ended. Then more functions may run than the limit says.
   * @default false
   */
  readonly releaseOnTimeout?: boolean | undefined
  /**
   * Whether calls made inside the functions of this executor take no slots from it: they have as
   * many of their own, those made inside these again, and so on, so that they cannot wait for what
   * waits for them. Otherwise a call that would wait so for ever is rejected with `DeadlockError`.
   * @default false
   */
  readonly reentrant?: boolean | undefined
  /**
   * How many retries there may be for each call that may be retried, on average: `0.2` is a fifth.
   * Ten may be made before, and a hundred be saved up. What fails beyond that is not retried, so that
   * a service that is down does not get all its load several times. A number of 0 or more.
   * @default no budget
   */
  readonly retryBudget?: number | undefined
  /** Where to record what tasks do. @default nothing is recorded */
  readonly metrics?: MetricsRegistry | undefined
}

/** Options of {@link AsyncExecutor.close}. */
export interface CloseOptions {
  /** Milliseconds after which what is left is destroyed. @default Infinity */
  readonly deadline?: number | undefined
}

const EXECUTOR_OPTIONS = [
  'concurrency',
  'adaptive',
  'queueLimit',
  'overflow',
  'keyConcurrency',
  'rate',
  'releaseOnTimeout',
  'reentrant',
  'retryBudget',
  'metrics',
]

/** The options of an executor with their defaults. */
export interface ExecutorSettings extends QueueSettings {
  readonly concurrency: number
  readonly adaptive: AdaptiveLimit | undefined
  readonly reentrant: boolean
  readonly retryBudget: RetryBudget | undefined
  readonly releaseOnTimeout: boolean
  readonly rate: RateSettings | undefined
  readonly metrics: MetricsRegistry | undefined
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function executorSettings(options: AsyncExecutorOptions): ExecutorSettings {
  checkOptionNames(OWNER, options, EXECUTOR_OPTIONS)
  const {
    concurrency,
    adaptive,
    queueLimit = Number.POSITIVE_INFINITY,
    overflow = 'reject',
    keyConcurrency = Number.POSITIVE_INFINITY,
    rate,
    releaseOnTimeout = false,
    reentrant = false,
    retryBudget,
    metrics,
  } = options
  checkConcurrency(concurrency)
  if (adaptive !== undefined) checkAdaptive(adaptive)
  checkWholeNumber(OWNER, 'queueLimit', queueLimit, { minimum: 0, orInfinity: true })
  checkChoice(OWNER, 'overflow', overflow, ['reject', 'wait', 'drop-oldest'])
  checkWholeNumber(OWNER, 'keyConcurrency', keyConcurrency, { minimum: 1, orInfinity: true })
  checkBoolean(OWNER, 'releaseOnTimeout', releaseOnTimeout)
  checkBoolean(OWNER, 'reentrant', reentrant)
  if (retryBudget !== undefined) checkShare(retryBudget)
  const isRegistry =
    metrics === undefined ||
    (typeof metrics === 'object' && metrics !== null && 'timeline' in metrics)
  if (!isRegistry) throw invalidOption(OWNER, 'metrics', metrics, 'a MetricsRegistry')
  return {
    concurrency,
    adaptive,
    queueLimit,
    overflow,
    keyConcurrency,
    rate: rate === undefined ? undefined : rateSettings(rate),
    releaseOnTimeout,
    reentrant,
    retryBudget: retryBudget === undefined ? undefined : new RetryBudget(retryBudget),
    metrics,
  }
}

function checkAdaptive(adaptive: AdaptiveLimit): void {
  const isLimit =
    typeof adaptive === 'object' &&
    adaptive !== null &&
    typeof adaptive.onSample === 'function' &&
    typeof adaptive.limit === 'number'
  if (isLimit) return
  const takes = 'an AdaptiveLimit: an object with limit and onSample'
  throw invalidOption(OWNER, 'adaptive', adaptive, takes)
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkConcurrency(concurrency: number): void {
  checkWholeNumber(OWNER, 'concurrency', concurrency, { minimum: 1, orInfinity: true })
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function closeDeadline(options: CloseOptions | undefined): number {
  if (options === undefined) return Number.POSITIVE_INFINITY
  checkObject(`${OWNER}.close`, options)
  const { deadline = Number.POSITIVE_INFINITY } = options
  checkDuration(`${OWNER}.close`, 'deadline', deadline)
  return deadline
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkSize(size: number): void {
  checkWholeNumber(`${OWNER}.onSizeBelow`, 'size', size, { minimum: 1, orInfinity: true })
}

function checkShare(share: number): void {
  if (Number.isFinite(share) && share >= 0) return
  throw invalidOption(OWNER, 'retryBudget', share, 'a number of retries for each call, 0 or more')
}
