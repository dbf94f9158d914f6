/** What crosses the boundary between the pool and its threads, all of it. Arrays: they clone fastest. */

import type { MessagePort } from 'node:worker_threads'
import type { MetricsHandle } from '@threeply/metrics'
import { decodeError, type EncodedError, encodeError, type FailedTask } from '@threeply/task'
import { isError } from '@threeply/task/runner'
import type { MapOptions, Transferable } from './call-options.ts'
import type { Carried } from './carry.ts'
import type { FreshPage } from './item-states.ts'

/** What a thread is opened with. */
export interface ThreadOpening {
  readonly module: string
  readonly port: MessagePort
  /** What to record with. */
  readonly metrics: MetricsHandle | undefined
  /** A heap of more bytes is to be told. */
  readonly heapBytes: number
  /** Of the thread's {@link OpeningState}. */
  readonly state: Int32Array
}

/** How opening a thread has ended. */
export interface ThreadOpened {
  /** Why the task module cannot be used, if it cannot. */
  readonly failure: EncodedError | undefined
  readonly hasTeardown: boolean
}

export const RUN = 0
export const TEAR_DOWN = 1
export const CANCEL = 2
export const JOIN = 3
export const CHILD_PROGRESS = 4

export type ToThread =
  | readonly [
      kind: typeof RUN,
      first: number,
      segments: readonly Segment[],
      /** Where the states of some of the items are, when the thread does not know yet. */
      page: FreshPage | undefined,
      /** Whether a core is to spare, so that the thread may poll for what comes next. */
      mayPoll: boolean,
    ]
  | readonly [kind: typeof CANCEL, item: number, reason: CancelReason]
  /** There will be no more tasks. */
  | readonly [kind: typeof TEAR_DOWN]
  | readonly [kind: typeof JOIN, children: readonly JoinedChild[]]
  | readonly [kind: typeof CHILD_PROGRESS, fork: number, value: unknown]

/** Inputs for one task; the numbers of all segments' inputs follow one another. */
export type Segment = readonly [
  name: string,
  wishes: number,
  /** When the first of them was submitted, on the clock of the metrics. */
  submittedAt: number,
  inputs: readonly unknown[],
  carried: Carried | undefined,
]

/** Bits of a segment's wishes. */
export const WANTS_PROGRESS = 1
export const WANTS_START_TIME = 2
/** A call of `run`: somebody waits for just this output. */
export const IS_RUN = 8
/** Its input is an array of values to be folded with the task. */
export const FOLDS = 4

/** Why a task is cancelled, as the signal's reason travels. */
export type CancelReason =
  | readonly [kind: 'error', error: EncodedError]
  | readonly [kind: 'value', value: unknown]

export const DONE = 0
export const PROGRESS = 1
export const FATAL = 2
export const HEAP_EXCEEDED = 3
export const TORN_DOWN = 4
export const LATE = 5
export const FORK = 6
export const CANCEL_FORKS = 7
export const OPENED = 8

export type FromThread =
  | readonly [
      kind: typeof DONE,
      /** Of the items from the first unanswered on; `undefined` where there is none. */
      outputs: readonly unknown[],
      failures: readonly Failure[],
      durations: readonly Duration[],
    ]
  /** The answers of items that were set aside, by their numbers. */
  | readonly [
      kind: typeof LATE,
      items: readonly number[],
      outputs: readonly unknown[],
      failures: readonly Failure[],
    ]
  | readonly [kind: typeof FORK, requests: readonly ForkRequest[]]
  | readonly [kind: typeof CANCEL_FORKS, forks: readonly number[], reason: CancelReason]
  | readonly [kind: typeof PROGRESS, item: number, value: unknown]
  /** The error that is ending the thread. */
  | readonly [kind: typeof FATAL, error: EncodedError]
  | readonly [kind: typeof HEAP_EXCEEDED]
  /** The first: the thread takes tasks, or cannot. */
  | readonly [kind: typeof OPENED, thread: ThreadOpened]
  /** The teardown has ended, with this error if it threw. */
  | readonly [kind: typeof TORN_DOWN, error: EncodedError | undefined]

/**
 * The place among a message's outputs of a task that threw, and what; or, without an error, of one
 * that is set aside: it has forked, and its answer comes later, by its number.
 */
export type Failure = readonly [offset: number, error: EncodedError | undefined]

/** A child that the running `item` forks; threads number their forks. */
export type ForkRequest = readonly [
  fork: number,
  item: number,
  name: string,
  /** One input, or an array of them for a `map`. */
  input: unknown,
  isMap: boolean,
  options: ForkOptions | undefined,
]

/** What of a fork's options crosses the boundary. */
export type ForkOptions = Pick<
  MapOptions,
  'timeout' | 'grace' | 'priority' | 'key' | 'idempotent' | 'chunkSize'
> & {
  readonly transfer: readonly Transferable[]
  readonly wantsProgress: boolean
}

/** How a child has ended. */
export type JoinedChild = readonly [fork: number, output: unknown, failure?: ChildFailure]

export type ChildFailure =
  | readonly [kind: 'error', error: EncodedError, task: FailedTask | undefined]
  /** It was cancelled with something that is no error. */
  | readonly [kind: 'value', value: unknown]
  /** It was cancelled because the task that forked it was, for the same reason. */
  | readonly [kind: 'inherited']

/** How long `count` items of one task took together, in milliseconds. */
export type Duration = readonly [name: string, count: number, duration: number]

/** The message that tells a running task why it is cancelled. */
export function cancelMessage(item: number, reason: unknown): ToThread {
  return [CANCEL, item, encodeReason(reason)]
}

/** Of a signal that was aborted. */
export function encodeReason(reason: unknown): CancelReason {
  return isError(reason) ? ['error', encodeError(reason)] : ['value', reason]
}

export function decodeReason([kind, reason]: CancelReason): unknown {
  return kind === 'error' ? decodeError(reason) : reason
}
