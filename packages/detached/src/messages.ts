/** What crosses the boundary between a detached thread and its parent, over one port, in order. */
import type { MessagePort } from 'node:worker_threads'
import type { MetricsHandle } from '@threeply/metrics'
import { decodeError, type EncodedError, encodeError } from '@threeply/task'
import { isError } from '@threeply/task/runner'

/** What a thread is started with; the task follows in a `start`. */
export interface ThreadData {
  readonly module: string
  readonly port: MessagePort
  readonly metrics: MetricsHandle | undefined
}

/** What each end of a {@link Channel} says to the other. */
export type ChannelFrame =
  | { readonly kind: 'message'; readonly message: unknown }
  /** So many more messages may be sent. */
  | { readonly kind: 'room'; readonly count: number }

/** The task that a thread is for. */
export interface StartFrame {
  readonly kind: 'start'
  /** The number of the handle. */
  readonly id: number
  readonly name: string
  readonly input: unknown
  /** The word of shared memory that says *that* the task is asked to stop. */
  readonly flag: Int32Array
}

export type ToThread =
  | StartFrame
  /** Why the task is asked to stop. */
  | { readonly kind: 'stop'; readonly reason: EncodedReason }
  | ChannelFrame

export type FromThread =
  /** The module is loaded, the task is found, and its first line is next. */
  | { readonly kind: 'started' }
  | { readonly kind: 'settled'; readonly settlement: Settlement }
  /** An error that nobody caught is about to end the thread, unless the task handles such errors. */
  | { readonly kind: 'dying'; readonly error: EncodedError }
  | { readonly kind: 'exiting'; readonly use: ResourceUse }
  | ChannelFrame

/** The last word of a task. */
export type Settlement =
  | { readonly status: 'returned'; readonly output: unknown; readonly asked: boolean }
  | { readonly status: 'threw'; readonly error: EncodedError; readonly isReason: boolean }
  /** It could not be started: no such module, or no such task in it. */
  | { readonly status: 'refused'; readonly error: EncodedError }
  /** It was asked to stop before it was started. */
  | { readonly status: 'skipped' }

/** What a thread has used; absent where its Node does not tell. */
export interface ResourceUse {
  readonly cpu?: { readonly user: number; readonly system: number }
  readonly peakHeapBytes?: number
}

export type EncodedReason = { readonly error: EncodedError } | { readonly value: unknown }

/** The value of a flag that nobody has raised. */
const LOWERED = 0
const RAISED = 1

export function newFlag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

/** For the parent alone: asks the task that `flag` belongs to, even while its thread is busy. */
export function raise(flag: Int32Array): void {
  Atomics.store(flag, 0, RAISED)
}

export function isRaised(flag: Int32Array): boolean {
  return Atomics.load(flag, 0) !== LOWERED
}

/** `signal.reason` may be anything, an error most often. */
export function encodeReason(reason: unknown): EncodedReason {
  if (isError(reason)) return { error: encodeError(reason) }
  try {
    return { value: structuredClone(reason) }
  } catch {
    const standIn = new DOMException(
      'This task was cancelled, for a reason that cannot be sent to a thread',
      'AbortError',
    )
    return { error: encodeError(standIn) }
  }
}

export function decodeReason(encoded: EncodedReason): unknown {
  return 'error' in encoded ? decodeError(encoded.error) : encoded.value
}
