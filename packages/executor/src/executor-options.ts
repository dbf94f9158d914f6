/** What an executor and its calls take: types, defaults, and the refusal of bad values. */
import type { MetricsRegistry } from '@threeply/metrics'
import {
  checkChoice,
  checkDuration,
  checkFunction,
  checkOptionNames,
  checkSignal,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import { type InputSource, type Inputs, inputSource } from './input-source.ts'
import type { StreamOrder } from './output-order.ts'
import type { Overflow, QueueSettings } from './queue-settings.ts'
import type { RateSettings } from './rate-limit.ts'
import type { Jitter, RetrySettings } from './retry.ts'

export interface AsyncExecutorOptions {
  /** How many functions run at the same time: a whole number of 1 or more, or `Infinity`. */
  readonly concurrency: number
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
  /** Where to record what tasks do. @default nothing is recorded */
  readonly metrics?: MetricsRegistry | undefined
}

/** How many functions may start in a time, those of retries included. */
export interface RateOptions {
  /** A whole number of 1 or more. */
  readonly limit: number
  /** In milliseconds. */
  readonly interval: number
  /**
   * `'sliding'`: no stretch of time as long as the interval, wherever it begins, sees more than
   * `limit` starts. `'fixed'`: nor does any of the intervals that follow one another; two stretches
   * that meet may be full.
   * @default 'sliding'
   */
  readonly window?: 'fixed' | 'sliding' | undefined
  /**
   * A bucket of so many tokens instead of windows: after a rest so many may start at once, and then
   * `limit` an interval, evenly. A whole number of 1 or more.
   */
  readonly burst?: number | undefined
}

/** When a failed function is called again. Its slot is free meanwhile. */
export interface RetryOptions {
  /** How often it is called at most, the first time included: a whole number of 1 or more. */
  readonly attempts: number
  /** The shortest delay before another attempt, in milliseconds. @default 100 */
  readonly minDelay?: number | undefined
  /** The longest, in milliseconds. @default 30_000, or `minDelay` if that is longer */
  readonly maxDelay?: number | undefined
  /**
   * Delays are random: between `minDelay` and its double, its fourfold, and so on (`'full'`), or
   * between `minDelay` and three times the last one (`'decorrelated'`).
   * @default 'full'
   */
  readonly jitter?: Jitter | undefined
  /** Whether to try again after this error. What it throws is what the call rejects with. @default always */
  readonly retryable?: ((error: unknown) => boolean) | undefined
}

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, which rejects with `signal.reason` at once. */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds from the submission of a `run`, or from the pulling of each input of the others.
   * A function that outlives it is told so by its signal, and keeps its slot until it has ended.
   * @default Infinity
   */
  readonly timeout?: number | undefined
  /** Any number: whatever has something to start at the highest one goes first. @default 0 */
  readonly priority?: number | undefined
  /**
   * How many slots each function takes: a whole number from 1 to the concurrency. While it waits for
   * them nothing else starts, so that it is not starved.
   * @default 1
   */
  readonly weight?: number | undefined
  /** Whether a function that fails is called again. `timeout` is for all attempts together. */
  readonly retry?: RetryOptions | undefined
  /** As of the executor, for this call. */
  readonly releaseOnTimeout?: boolean | undefined
}

/** Options of {@link AsyncExecutor.run}. */
export interface RunOptions extends CallOptions {
  /** Milliseconds within which it must have started. @default Infinity */
  readonly queueTimeout?: number | undefined
  /** What `keyConcurrency` limits, such as a host: any value, compared as in a `Map`. */
  readonly key?: unknown
}

/** Options of {@link AsyncExecutor.mapSettled}. */
export interface MapSettledOptions extends CallOptions {}

/** Options of {@link AsyncExecutor.map} and {@link AsyncExecutor.forEach}. */
export interface MapOptions extends CallOptions {
  /**
   * What the first failure does with the other functions that run: abort their signals, or let them
   * finish. The call rejects when they have ended.
   * @default 'cancel'
   */
  readonly onFailure?: 'cancel' | 'drain' | undefined
}

/** Options of {@link AsyncExecutor.stream}. */
export interface StreamOptions extends MapOptions {
  /** The order of the outputs. @default 'completion' */
  readonly order?: StreamOrder | undefined
  /** Whether to yield pairs `[index, output]`. @default false */
  readonly indexed?: boolean | undefined
  /**
   * How many outputs may wait to be taken, beside what is in flight; an output for which there is
   * no room counts as in flight. A whole number of 0 or more, or `Infinity`.
   * @default the concurrency
   */
  readonly readAhead?: number | undefined
}

/** Options of {@link AsyncExecutor.close}. */
export interface CloseOptions {
  /** Milliseconds after which what is left is destroyed. @default Infinity */
  readonly deadline?: number | undefined
}

const OWNER = 'AsyncExecutor'

const EXECUTOR_OPTIONS = [
  'concurrency',
  'queueLimit',
  'overflow',
  'keyConcurrency',
  'rate',
  'releaseOnTimeout',
  'metrics',
]

/** The options of an executor with their defaults. */
export interface ExecutorSettings extends QueueSettings, CallDefaults {
  readonly concurrency: number
  readonly rate: RateSettings | undefined
  readonly metrics: MetricsRegistry | undefined
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function executorSettings(options: AsyncExecutorOptions): ExecutorSettings {
  checkOptionNames(OWNER, options, EXECUTOR_OPTIONS)
  const {
    concurrency,
    queueLimit = Number.POSITIVE_INFINITY,
    overflow = 'reject',
    keyConcurrency = Number.POSITIVE_INFINITY,
    rate,
    releaseOnTimeout = false,
    metrics,
  } = options
  checkConcurrency(concurrency)
  checkWholeNumber(OWNER, 'queueLimit', queueLimit, { minimum: 0, orInfinity: true })
  checkChoice(OWNER, 'overflow', overflow, ['reject', 'wait', 'drop-oldest'])
  checkWholeNumber(OWNER, 'keyConcurrency', keyConcurrency, { minimum: 1, orInfinity: true })
  checkBoolean(OWNER, 'releaseOnTimeout', releaseOnTimeout)
  const isRegistry =
    metrics === undefined ||
    (typeof metrics === 'object' && metrics !== null && 'timeline' in metrics)
  if (!isRegistry) throw invalidOption(OWNER, 'metrics', metrics, 'a MetricsRegistry')
  return {
    concurrency,
    queueLimit,
    overflow,
    keyConcurrency,
    rate: rate === undefined ? undefined : rateSettings(rate),
    releaseOnTimeout,
    metrics,
  }
}

function rateSettings(rate: RateOptions): RateSettings {
  const owner = `${OWNER}.rate`
  checkOptionNames(owner, rate, ['limit', 'interval', 'window', 'burst'])
  const { limit, interval, window = 'sliding', burst } = rate
  checkWholeNumber(owner, 'limit', limit, { minimum: 1 })
  const isInterval = Number.isFinite(interval) && interval > 0
  if (!isInterval) throw invalidOption(owner, 'interval', interval, 'milliseconds, more than 0')
  checkChoice(owner, 'window', window, ['fixed', 'sliding'])
  if (burst !== undefined) checkWholeNumber(owner, 'burst', burst, { minimum: 1 })
  return { limit, interval, window, burst }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkConcurrency(concurrency: number): void {
  checkWholeNumber(OWNER, 'concurrency', concurrency, { minimum: 1, orInfinity: true })
}

/** What a call's options default to, and are checked against. */
export interface CallDefaults {
  readonly concurrency: number
  readonly releaseOnTimeout: boolean
}

/** The options of any call with their defaults; a call's unknown names are ignored. */
export interface ItemSettings {
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly priority: number
  readonly weight: number
  readonly retry: RetrySettings | undefined
  readonly releaseOnTimeout: boolean
}

export interface RunSettings extends ItemSettings {
  readonly queueTimeout: number
  readonly key: unknown
  /** Whether the call needs more than its function and its place in the plain queue. */
  readonly needsDetails: boolean
}

/** What most calls have. */
const NO_SETTINGS: RunSettings = {
  signal: undefined,
  timeout: Number.POSITIVE_INFINITY,
  priority: 0,
  weight: 1,
  retry: undefined,
  releaseOnTimeout: false,
  queueTimeout: Number.POSITIVE_INFINITY,
  key: undefined,
  needsDetails: false,
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function itemSettings(
  method: string,
  fn: unknown,
  options: CallOptions | undefined,
  defaults: CallDefaults,
): ItemSettings {
  const owner = `${OWNER}.${method}`
  checkFunction(owner, 'fn', fn)
  if (options === undefined) return NO_SETTINGS
  checkObject(owner, options)
  const {
    signal,
    timeout = Number.POSITIVE_INFINITY,
    priority = 0,
    weight = 1,
    retry,
    releaseOnTimeout = defaults.releaseOnTimeout,
  } = options
  if (signal !== undefined) checkSignal(owner, 'signal', signal)
  checkDuration(owner, 'timeout', timeout)
  if (typeof priority !== 'number' || Number.isNaN(priority)) {
    throw invalidOption(owner, 'priority', priority, 'a number')
  }
  checkWholeNumber(owner, 'weight', weight, { minimum: 1 })
  if (weight > defaults.concurrency) {
    const takes = `a whole number from 1 to the concurrency, which is ${defaults.concurrency}`
    throw invalidOption(owner, 'weight', weight, takes)
  }
  checkBoolean(owner, 'releaseOnTimeout', releaseOnTimeout)
  return {
    signal,
    timeout,
    priority,
    weight,
    retry: retry === undefined ? undefined : retrySettings(owner, retry),
    releaseOnTimeout,
  }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function runSettings(
  method: string,
  fn: unknown,
  options: RunOptions | undefined,
  defaults: CallDefaults,
): RunSettings {
  const settings = itemSettings(method, fn, options, defaults)
  if (options === undefined) return NO_SETTINGS
  const { queueTimeout = Number.POSITIVE_INFINITY, key } = options
  checkDuration(`${OWNER}.${method}`, 'queueTimeout', queueTimeout)
  const needsDetails =
    settings.signal !== undefined ||
    settings.timeout !== Number.POSITIVE_INFINITY ||
    settings.priority !== 0 ||
    settings.weight !== 1 ||
    settings.retry !== undefined ||
    queueTimeout !== Number.POSITIVE_INFINITY ||
    key !== undefined
  return { ...settings, queueTimeout, key, needsDetails }
}

function retrySettings(method: string, retry: RetryOptions): RetrySettings {
  const owner = `${method}.retry`
  checkObject(owner, retry)
  const {
    attempts,
    minDelay = 100,
    maxDelay = Math.max(30_000, minDelay),
    jitter = 'full',
    retryable = () => true,
  } = retry
  checkWholeNumber(owner, 'attempts', attempts, { minimum: 1 })
  checkDuration(owner, 'minDelay', minDelay)
  if (minDelay === Number.POSITIVE_INFINITY) {
    throw invalidOption(owner, 'minDelay', minDelay, 'milliseconds, 0 or more')
  }
  checkDuration(owner, 'maxDelay', maxDelay)
  if (maxDelay < minDelay) {
    throw invalidOption(owner, 'maxDelay', maxDelay, 'milliseconds, minDelay or more')
  }
  checkChoice(owner, 'jitter', jitter, ['full', 'decorrelated'])
  checkFunction(owner, 'retryable', retryable)
  return { attempts, minDelay, maxDelay, jitter, retryable }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function failureSetting(
  method: string,
  options: MapOptions | undefined,
): 'cancel' | 'drain' {
  const onFailure = options?.onFailure ?? 'cancel'
  checkChoice(`${OWNER}.${method}`, 'onFailure', onFailure, ['cancel', 'drain'])
  return onFailure
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function streamSettings({
  order = 'completion',
  indexed = false,
  readAhead,
}: StreamOptions = {}): { order: StreamOrder; indexed: boolean; readAhead: number | undefined } {
  const owner = `${OWNER}.stream`
  checkChoice(owner, 'order', order, ['completion', 'input'])
  checkBoolean(owner, 'indexed', indexed)
  if (readAhead !== undefined) {
    checkWholeNumber(owner, 'readAhead', readAhead, { minimum: 0, orInfinity: true })
  }
  return { order, indexed, readAhead }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkedSource<Input>(method: string, inputs: Inputs<Input>): InputSource<Input> {
  const source = inputSource(inputs)
  if (source !== undefined) return source
  throw invalidOption(`${OWNER}.${method}`, 'inputs', inputs, 'an iterable or an async iterable')
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

function checkBoolean(owner: string, option: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidOption(owner, option, value, 'a boolean')
}

function checkObject(owner: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw invalidOption(owner, 'options', options, 'an object')
}
