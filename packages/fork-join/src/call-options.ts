/** Options of a call: what they are, what they default to, and what is refused. */
import { AsyncResource } from 'node:async_hooks'
import { types } from 'node:util'
import type { StreamOrder } from '@threeply/task'
import {
  checkChoice,
  checkDuration,
  checkFunction,
  checkSignal,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import type { Carried } from './carry.ts'

/** What calls of one thread have in common. */
export type TaskKey = string | number

/** Options of one call of {@link ForkJoinPool.run}. */
export interface RunOptions {
  /** Cancels the task: it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds from submission after which it is cancelled. @default Infinity */
  readonly timeout?: number | undefined
  /**
   * Milliseconds that a cancelled task has to end, before its thread is terminated and replaced.
   * @default the pool's `grace`
   */
  readonly grace?: number | undefined
  /**
   * What is moved to the thread instead of copied. It is gone here once the task has been sent;
   * a task with it cannot be sent twice, so it is neither retried nor sent to another thread.
   */
  readonly transfer?: readonly Transferable[] | undefined
  /** Higher goes first; ten seconds of waiting make up for one point. @default 0 */
  readonly priority?: number | undefined
  /**
   * Tasks with the same key run on the same thread, and start in the order of their submission, whatever
   * their priority; so what a thread has cached for a key is found again. The thread is the first
   * that is free for the key. When it is gone, or when 10,000 other keys have been used since, another
   * may get the key.
   * @default any thread
   */
  readonly key?: TaskKey | undefined
  /** The task is run again when its thread died under it, until it has run three times. @default false */
  readonly idempotent?: boolean | undefined
  /** Gets what the task reports with `context.progress`. */
  readonly onProgress?: ((value: unknown) => void) | undefined
  /**
   * How many inputs, or calls of `run`, travel in one message, 4,096 at most, and their outputs the
   * same way back; with 1, none waits for another.
   * @default measured
   */
  readonly chunkSize?: number | undefined
}

/** Options of one call of {@link ForkJoinPool.map}. */
export type MapOptions = RunOptions

/** Options of one call of {@link ForkJoinPool.stream}. */
export interface StreamOptions extends MapOptions {
  /** The order of the outputs. @default 'completion' */
  readonly order?: StreamOrder | undefined
  /** Whether to yield pairs `[index, output]`. @default false */
  readonly indexed?: boolean | undefined
  /**
   * How many outputs may wait to be taken, beside what is on the threads: a whole number of 0 or
   * more, or `Infinity`. An output for which there is no room counts as on the threads.
   * @default as many as the threads have: two chunks each
   */
  readonly readAhead?: number | undefined
}

/** Options of one call of {@link ForkJoinPool.reduce}. */
export interface ReduceOptions<Value> extends MapOptions {
  /** What is left of the first input. @default nothing */
  readonly initial?: Value | undefined
}

/** Options of one call of {@link ForkJoinPool.broadcast}. */
export type BroadcastOptions = Omit<RunOptions, 'transfer' | 'priority' | 'key' | 'chunkSize'>

/** What `postMessage` can move: `ArrayBuffer`s, `MessagePort`s, streams, … */
export type Transferable = import('node:worker_threads').Transferable

/** Checked options, with the defaults filled in. */
export interface CallSettings {
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly grace: number
  readonly transfer: readonly Transferable[]
  readonly priority: number
  readonly key: TaskKey | undefined
  readonly idempotent: boolean
  readonly onProgress: ((value: unknown) => void) | undefined
  readonly chunkSize: number | undefined
  /** Whether its inputs are arrays of values, which its task folds. */
  readonly folds: boolean
  /** What of its caller's context it carries. */
  readonly carried: Carried | undefined
  /** Of the scope that has forked it, which cancels it too. */
  readonly scopeSignal: AbortSignal | undefined
  /** Whether a task has made the call, and waits for it. */
  readonly isFork: boolean
}

/** Checked options of a stream. */
export interface StreamSettings {
  readonly order: StreamOrder
  readonly indexed: boolean
  /** How many outputs may wait; `undefined`: as many as are in flight. */
  readonly readAhead: number | undefined
}

const NOTHING_TO_TRANSFER: readonly Transferable[] = []

export function defaultSettings(grace: number): CallSettings {
  return {
    signal: undefined,
    timeout: Number.POSITIVE_INFINITY,
    grace,
    transfer: NOTHING_TO_TRANSFER,
    priority: 0,
    key: undefined,
    idempotent: false,
    onProgress: undefined,
    chunkSize: undefined,
    folds: false,
    carried: undefined,
    scopeSignal: undefined,
    isFork: false,
  }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkCallOptions(
  method: string,
  options: MapOptions | undefined,
  defaults: CallSettings,
): CallSettings {
  if (options === undefined) return defaults
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(method, 'options', options, 'an object')
  }
  const { signal, timeout, grace, transfer, priority, key, idempotent, onProgress, chunkSize } =
    options
  if (signal !== undefined) checkSignal(method, 'signal', signal)
  if (timeout !== undefined) checkDuration(method, 'timeout', timeout)
  if (grace !== undefined) checkDuration(method, 'grace', grace)
  if (transfer !== undefined) checkTransfer(method, transfer)
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    throw invalidOption(method, 'priority', priority, 'a number')
  }
  if (key !== undefined && typeof key !== 'string' && typeof key !== 'number') {
    throw invalidOption(method, 'key', key, 'a string or a number')
  }
  if (idempotent !== undefined && typeof idempotent !== 'boolean') {
    throw invalidOption(method, 'idempotent', idempotent, 'true or false')
  }
  if (onProgress !== undefined) checkFunction(method, 'onProgress', onProgress)
  if (chunkSize !== undefined) checkWholeNumber(method, 'chunkSize', chunkSize, { minimum: 1 })
  return {
    signal,
    timeout: timeout ?? defaults.timeout,
    grace: grace ?? defaults.grace,
    transfer: transfer === undefined ? NOTHING_TO_TRANSFER : [...transfer],
    priority: priority ?? defaults.priority,
    key,
    idempotent: idempotent ?? false,
    // In the async context of the call, not of the message that tells of the progress.
    onProgress: onProgress && AsyncResource.bind(onProgress),
    chunkSize,
    folds: false,
    carried: undefined,
    scopeSignal: undefined,
    isFork: false,
  }
}

/** Whether an object can be moved at all, `postMessage` knows; what is easily mistaken is told here. */
function checkTransfer(method: string, transfer: unknown): void {
  if (!Array.isArray(transfer)) {
    throw invalidOption(method, 'transfer', transfer, 'an array of what is to be moved')
  }
  const seen = new Set<unknown>()
  for (const [index, item] of transfer.entries()) {
    const option = `transfer[${index}]`
    if (typeof item !== 'object' || item === null) {
      throw invalidOption(method, option, item, 'an object that can be moved, as an ArrayBuffer')
    }
    if (ArrayBuffer.isView(item)) {
      throw invalidOption(method, option, item, 'what can be moved: not a view, but its `buffer`')
    }
    if (types.isSharedArrayBuffer(item)) {
      throw invalidOption(method, option, item, 'what can be moved: not what is shared anyway')
    }
    if (isPlain(item)) {
      throw invalidOption(
        method,
        option,
        item,
        'what can be moved itself, such as an ArrayBuffer in it',
      )
    }
    if (seen.has(item)) {
      throw invalidOption(method, option, item, 'each object once, and this is listed before')
    }
    seen.add(item)
  }
}

function isPlain(item: object): boolean {
  if (types.isProxy(item)) return false // `postMessage` refuses it; asked anything, it may throw
  const prototype: unknown = Object.getPrototypeOf(item)
  return prototype === Object.prototype || prototype === null || Array.isArray(item)
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkStreamOptions({
  order = 'completion',
  indexed = false,
  readAhead,
}: StreamOptions = {}): StreamSettings {
  checkChoice('stream', 'order', order, ['completion', 'input'])
  if (typeof indexed !== 'boolean') {
    throw invalidOption('stream', 'indexed', indexed, 'true or false')
  }
  if (readAhead !== undefined) {
    checkWholeNumber('stream', 'readAhead', readAhead, { minimum: 0, orInfinity: true })
  }
  return { order, indexed, readAhead }
}
