/** What crosses the boundary between the pool and its threads, all of it. Arrays: they clone fastest. */

import type { MessagePort } from 'node:worker_threads'
import type { EncodedError } from '@threeply/task'

/** What a thread is opened with. */
export interface ThreadOpening {
  readonly module: string
  readonly port: MessagePort
  /** The buffer of the thread's `ItemStates`. */
  readonly states: SharedArrayBuffer
}

/** What opening a thread gives: nothing, or why the task module cannot be used. */
export type ThreadOpened = EncodedError | undefined

export const RUN = 0
export const CANCEL = 1

export type ToThread =
  | readonly [kind: typeof RUN, first: number, segments: readonly Segment[]]
  | readonly [kind: typeof CANCEL, item: number, reason: CancelReason]

/** Inputs for one task, which have consecutive numbers. */
export type Segment = readonly [name: string, wishes: number, inputs: unknown[]]

/** Bits of a segment's wishes. */
export const WANTS_PROGRESS = 1
export const WANTS_START_TIME = 2

/** Why a task is cancelled, as the signal's reason travels. */
export type CancelReason =
  | readonly [kind: 'error', error: EncodedError]
  | readonly [kind: 'value', value: unknown]

export const DONE = 0
export const PROGRESS = 1
export const FATAL = 2

export type FromThread =
  | readonly [
      kind: typeof DONE,
      /** Of the items from the first unanswered on; `undefined` where there is none. */
      outputs: unknown[],
      failures: readonly Failure[] | undefined,
      durations: readonly Duration[],
    ]
  | readonly [kind: typeof PROGRESS, item: number, value: unknown]
  /** The error that is ending the thread. */
  | readonly [kind: typeof FATAL, error: EncodedError]

/** The place among a message's outputs of a task that threw, and what. */
export type Failure = readonly [offset: number, error: EncodedError]

/** How long `count` items of one task took together, in milliseconds. */
export type Duration = readonly [name: string, count: number, duration: number]
