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
  /** Where to record what tasks do. @default nothing is recorded */
  readonly metrics?: MetricsRegistry | undefined
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
}

/** Options of {@link AsyncExecutor.run}. */
export interface RunOptions extends CallOptions {
  /** Milliseconds within which it must have started. @default Infinity */
  readonly queueTimeout?: number | undefined
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

const EXECUTOR_OPTIONS = ['concurrency', 'queueLimit', 'overflow', 'metrics']

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkExecutorOptions(options: AsyncExecutorOptions): QueueSettings {
  checkOptionNames(OWNER, options, EXECUTOR_OPTIONS)
  checkConcurrency(options.concurrency)
  const { metrics, queueLimit = Number.POSITIVE_INFINITY, overflow = 'reject' } = options
  checkWholeNumber(OWNER, 'queueLimit', queueLimit, { minimum: 0, orInfinity: true })
  checkChoice(OWNER, 'overflow', overflow, ['reject', 'wait', 'drop-oldest'])
  const isRegistry =
    metrics === undefined ||
    (typeof metrics === 'object' && metrics !== null && 'timeline' in metrics)
  if (!isRegistry) throw invalidOption(OWNER, 'metrics', metrics, 'a MetricsRegistry')
  return { queueLimit, overflow }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkConcurrency(concurrency: number): void {
  checkWholeNumber(OWNER, 'concurrency', concurrency, { minimum: 1, orInfinity: true })
}

/** The options of any call with their defaults; a call's unknown names are ignored. */
export interface CallSettings {
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly priority: number
}

export interface RunSettings extends CallSettings {
  readonly queueTimeout: number
  /** Whether the call needs more than its function and its place in the plain queue. */
  readonly needsDetails: boolean
}

const NO_SETTINGS: RunSettings = {
  signal: undefined,
  timeout: Number.POSITIVE_INFINITY,
  priority: 0,
  queueTimeout: Number.POSITIVE_INFINITY,
  needsDetails: false,
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function callSettings(
  method: string,
  fn: unknown,
  options: CallOptions | undefined,
): CallSettings {
  const owner = `${OWNER}.${method}`
  checkFunction(owner, 'fn', fn)
  if (options === undefined) return NO_SETTINGS
  checkObject(owner, options)
  const { signal, timeout = Number.POSITIVE_INFINITY, priority = 0 } = options
  if (signal !== undefined) checkSignal(owner, 'signal', signal)
  checkDuration(owner, 'timeout', timeout)
  if (typeof priority !== 'number' || Number.isNaN(priority)) {
    throw invalidOption(owner, 'priority', priority, 'a number')
  }
  return { signal, timeout, priority }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function runSettings(
  method: string,
  fn: unknown,
  options: RunOptions | undefined,
): RunSettings {
  const settings = callSettings(method, fn, options)
  if (options === undefined) return NO_SETTINGS
  const { queueTimeout = Number.POSITIVE_INFINITY } = options
  checkDuration(`${OWNER}.${method}`, 'queueTimeout', queueTimeout)
  const needsDetails =
    settings.signal !== undefined ||
    settings.timeout !== Number.POSITIVE_INFINITY ||
    settings.priority !== 0 ||
    queueTimeout !== Number.POSITIVE_INFINITY
  return { ...settings, queueTimeout, needsDetails }
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
  if (typeof indexed !== 'boolean') throw invalidOption(owner, 'indexed', indexed, 'a boolean')
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

function checkObject(owner: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw invalidOption(owner, 'options', options, 'an object')
}
