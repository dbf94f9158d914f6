/** What the calls of an executor take: types, defaults, and the refusal of bad values. */

import type { StreamOrder } from '@threeply/task'
import {
  checkChoice,
  checkDuration,
  checkFunction,
  checkSignal,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import { type InputSource, type Inputs, inputSource } from './input-source.ts'
import { checkBoolean, checkObject, OWNER } from './option-checks.ts'
import type { RetrySettings } from './retry.ts'
import type { RetryBudget } from './retry-budget.ts'
import { type RetryOptions, retrySettings } from './retry-options.ts'

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
  /**
   * Any number: whatever has something to start at the highest one goes first. It ages: of `n`
   * priorities that wait, each starts something at the latest after 98 + `n` starts of the others.
   * @default 0
   */
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

/** What a call's options default to, and are checked against. */
export interface CallDefaults {
  readonly limit: ConcurrencyLimit
  readonly retryBudget: RetryBudget | undefined
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
  if (weight > defaults.limit.heaviest) {
    const takes = `a whole number from 1 to the concurrency, which is ${defaults.limit.heaviest}`
    throw invalidOption(owner, 'weight', weight, takes)
  }
  checkBoolean(owner, 'releaseOnTimeout', releaseOnTimeout)
  return {
    signal,
    timeout,
    priority,
    weight,
    retry: retry === undefined ? undefined : retrySettings(owner, retry, defaults.retryBudget),
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
