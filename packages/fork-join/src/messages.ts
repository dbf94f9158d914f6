/** What crosses the boundary between the pool and its threads, all of it. Arrays: they clone fastest. */

import type { MessagePort } from 'node:worker_threads'
import type { MetricsHandle } from '@threeply/metrics'
import { type EncodedError, encodeError } from '@threeply/task'
import { isError } from '@threeply/task/runner'
import type { PoolMetrics } from './pool-metrics.ts'
import type { Task } from './submission.ts'

/** What a thread is opened with. */
export interface ThreadOpening {
  readonly module: string
  readonly port: MessagePort
  /** The buffer of the thread's `ItemStates`. */
  readonly states: SharedArrayBuffer
  /** What to record with. */
  readonly metrics: MetricsHandle | undefined
  /** A heap of more bytes is to be told. */
  readonly heapBytes: number
}

/** What opening a thread gives. */
export interface ThreadOpened {
  /** Why the task module cannot be used, if it cannot. */
  readonly failure: EncodedError | undefined
  readonly hasTeardown: boolean
}

export const RUN = 0
export const TEAR_DOWN = 1
const CANCEL = 2

export type ToThread =
  | readonly [kind: typeof RUN, first: number, segments: readonly Segment[]]
  | readonly [kind: typeof CANCEL, item: number, reason: CancelReason]
  /** There will be no more tasks. */
  | readonly [kind: typeof TEAR_DOWN]

/** Inputs for one task; the numbers of all segments' inputs follow one another. */
export type Segment = readonly [
  name: string,
  wishes: number,
  /** When the first of them was submitted, on the clock of the metrics. */
  submittedAt: number,
  inputs: unknown[],
]

/** Bits of a segment's wishes. */
export const WANTS_PROGRESS = 1
export const WANTS_START_TIME = 2
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

export type FromThread =
  | readonly [
      kind: typeof DONE,
      /** Of the items from the first unanswered on; `undefined` where there is none. */
      outputs: readonly unknown[],
      failures: readonly Failure[],
      durations: readonly Duration[],
    ]
  | readonly [kind: typeof PROGRESS, item: number, value: unknown]
  /** The error that is ending the thread. */
  | readonly [kind: typeof FATAL, error: EncodedError]
  | readonly [kind: typeof HEAP_EXCEEDED]
  /** The teardown has ended, with this error if it threw. */
  | readonly [kind: typeof TORN_DOWN, error: EncodedError | undefined]

/** The place among a message's outputs of a task that threw, and what. */
export type Failure = readonly [offset: number, error: EncodedError]

/** How long `count` items of one task took together, in milliseconds. */
export type Duration = readonly [name: string, count: number, duration: number]

/** The message that has a thread run `tasks`, the first of which is its item `first`. */
export function runMessage(first: number, tasks: readonly Task[], metrics: PoolMetrics): ToThread {
  const segments: Segment[] = []
  let call: Task['call'] | undefined
  let name = ''
  let wishes = -1
  let inputs: unknown[] = []
  for (const task of tasks) {
    if (task.call !== call) {
      call = task.call
      const wanted = wishesOf(task)
      if (task.name !== name || wanted !== wishes) {
        name = task.name
        wishes = wanted
        inputs = []
        segments.push([name, wishes, metrics.time(call.submittedAt), inputs])
      }
    }
    inputs.push(task.input)
  }
  return [RUN, first, segments]
}

/** The message that tells a running task why it is cancelled. */
export function cancelMessage(item: number, reason: unknown): ToThread {
  return [CANCEL, item, isError(reason) ? ['error', encodeError(reason)] : ['value', reason]]
}

function wishesOf({ call: { settings } }: Task): number {
  return (
    (settings.onProgress === undefined ? 0 : WANTS_PROGRESS) |
    (settings.timeout === Number.POSITIVE_INFINITY ? 0 : WANTS_START_TIME) |
    (settings.folds ? FOLDS : 0)
  )
}
