/** Options of the pool: what they are, what they default to, and what is refused. */
import { availableParallelism } from 'node:os'
import type { MetricsRegistry } from '@threeply/metrics'
import {
  checkChoice,
  checkDuration,
  checkOptionNames,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import type { CarriedStorage, Carry } from './carry.ts'

/** Options of {@link ForkJoinPool}. */
export interface ForkJoinPoolOptions {
  /**
   * How many threads there may be; they start when work waits for them. With a `min`, so many start
   * with the pool and stay.
   * @default os.availableParallelism()
   */
  readonly threads?: number | ThreadRange | undefined
  /** After so many idle milliseconds a thread above `min` ends. @default Infinity */
  readonly idleTimeout?: number | undefined
  /**
   * Milliseconds that a cancelled task has to end, before its thread is terminated and replaced.
   * @default 500
   */
  readonly grace?: number | undefined
  /**
   * How many calls may wait for a thread, those that were sent to one and have not started included; a
   * call that has inputs left counts as one, and forks count, but are not refused. Those that run do
   * not count.
   * @default Infinity
   */
  readonly queueLimit?: number | undefined
  /**
   * What becomes of a call beyond the `queueLimit`: it rejects with a `QueueFullError`, or waits for
   * its turn all the same, as if there were no limit.
   * @default 'reject'
   */
  readonly overflow?: 'reject' | 'wait' | undefined
  /** When a thread is replaced by a new one. @default never */
  readonly recycleAfter?: RecycleLimits | undefined
  /**
   * What each task finds in `context.carried`: of every `AsyncLocalStorage`, its value at submission,
   * cloned. Children of a task have what it has. See {@link CarryContext}.
   * @default nothing
   */
  readonly carry?: Carry | undefined
  /**
   * Memory of a thread, as of a `Worker`. A thread that exceeds it dies, most of the time alone: V8 may
   * abort the process where a single allocation is too large.
   */
  readonly resourceLimits?: ResourceLimits | undefined
  /** Where to record. @default nothing is recorded */
  readonly metrics?: MetricsRegistry | undefined
}

export interface ThreadRange {
  /** @default 0 */
  readonly min?: number | undefined
  readonly max: number
}

/**
 * A thread that has reached one of these gets no more tasks, and ends when it has answered those that
 * it has. Its replacement is started before that, so there is one more thread for a while.
 */
export interface RecycleLimits {
  /** After so many tasks. @default Infinity */
  readonly tasks?: number | undefined
  /**
   * When its JavaScript heap has more bytes than this after a task, or after a chunk of small ones.
   * Garbage that has not been collected counts, buffers do not. @default Infinity
   */
  readonly heapBytes?: number | undefined
}

/** As of Node's `Worker`, in mebibytes. */
export interface ResourceLimits {
  readonly maxOldGenerationSizeMb?: number | undefined
  readonly maxYoungGenerationSizeMb?: number | undefined
  readonly codeRangeSizeMb?: number | undefined
  readonly stackSizeMb?: number | undefined
}

/** Checked options, with the defaults filled in. */
export interface PoolSettings {
  readonly minThreads: number
  readonly maxThreads: number
  readonly idleTimeout: number
  readonly grace: number
  readonly queueLimit: number
  readonly overflow: 'reject' | 'wait'
  readonly recycleAfter: { readonly tasks: number; readonly heapBytes: number }
  readonly carry: Carry
  readonly resourceLimits: ResourceLimits | undefined
  readonly metrics: MetricsRegistry | undefined
}

const OWNER = 'ForkJoinPool'

const NAMES = [
  'threads',
  'idleTimeout',
  'grace',
  'queueLimit',
  'overflow',
  'recycleAfter',
  'carry',
  'resourceLimits',
  'metrics',
]

const LIMIT_NAMES = [
  'maxOldGenerationSizeMb',
  'maxYoungGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
]

const DEFAULT_GRACE = 500

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkPoolOptions(options: ForkJoinPoolOptions): PoolSettings {
  checkOptionNames(OWNER, options, NAMES)
  const {
    threads = availableParallelism(),
    idleTimeout = Number.POSITIVE_INFINITY,
    grace = DEFAULT_GRACE,
    queueLimit = Number.POSITIVE_INFINITY,
    overflow = 'reject',
    recycleAfter = {},
    carry = {},
    resourceLimits,
    metrics,
  }: ForkJoinPoolOptions = options
  checkDuration(OWNER, 'idleTimeout', idleTimeout)
  checkDuration(OWNER, 'grace', grace)
  checkWholeNumber(OWNER, 'queueLimit', queueLimit, { minimum: 0, orInfinity: true })
  checkChoice(OWNER, 'overflow', overflow, ['reject', 'wait'])
  checkCarry(carry)
  if (resourceLimits !== undefined) checkResourceLimits(resourceLimits)
  if (metrics !== undefined) checkMetrics(metrics)
  const { min, max } = checkThreads(threads)
  return {
    minThreads: min,
    maxThreads: max,
    idleTimeout,
    grace,
    queueLimit,
    overflow,
    recycleAfter: checkRecycleAfter(recycleAfter),
    carry,
    resourceLimits,
    metrics,
  }
}

function checkObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw invalidOption(OWNER, option, value, 'an object')
  }
}

function checkRecycleAfter(limits: RecycleLimits): PoolSettings['recycleAfter'] {
  checkObject('recycleAfter', limits)
  checkOptionNames('recycleAfter', limits, ['tasks', 'heapBytes'])
  const { tasks = Number.POSITIVE_INFINITY, heapBytes = Number.POSITIVE_INFINITY } = limits
  const bounds = { minimum: 1, orInfinity: true }
  checkWholeNumber(OWNER, 'recycleAfter.tasks', tasks, bounds)
  checkWholeNumber(OWNER, 'recycleAfter.heapBytes', heapBytes, bounds)
  return { tasks, heapBytes }
}

function checkThreads(threads: number | ThreadRange): { min: number; max: number } {
  if (typeof threads !== 'object' || threads === null) {
    checkWholeNumber(OWNER, 'threads', threads, { minimum: 1 })
    return { min: 0, max: threads }
  }
  checkOptionNames('threads', threads, ['min', 'max'])
  const { min = 0, max } = threads as ThreadRange
  checkWholeNumber(OWNER, 'threads.max', max, { minimum: 1 })
  checkWholeNumber(OWNER, 'threads.min', min, { minimum: 0 })
  if (min <= max) return { min, max }
  throw invalidOption(OWNER, 'threads.min', min, `at most threads.max, which is ${max}`)
}

function checkResourceLimits(limits: ResourceLimits): void {
  checkObject('resourceLimits', limits)
  checkOptionNames('resourceLimits', limits, LIMIT_NAMES)
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (typeof value === 'number' && value > 0 && Number.isFinite(value)))
      continue
    throw invalidOption(
      OWNER,
      `resourceLimits.${name}`,
      value,
      'a finite number of mebibytes, more than 0',
    )
  }
}

function checkCarry(carry: Carry): void {
  const isStorage = typeof (carry as Partial<CarriedStorage>)?.getStore === 'function'
  if (typeof carry !== 'object' || carry === null || Array.isArray(carry) || isStorage) {
    throw invalidOption(OWNER, 'carry', carry, 'an object of AsyncLocalStorages')
  }
  for (const [name, storage] of Object.entries(carry)) {
    if (typeof (storage as Partial<CarriedStorage> | undefined)?.getStore === 'function') continue
    throw invalidOption(OWNER, `carry.${name}`, storage, 'an AsyncLocalStorage')
  }
}

function checkMetrics(metrics: unknown): void {
  const isRegistry =
    typeof metrics === 'object' &&
    metrics !== null &&
    typeof (metrics as Partial<MetricsRegistry>).share === 'function'
  if (!isRegistry) throw invalidOption(OWNER, 'metrics', metrics, 'a MetricsRegistry')
}
