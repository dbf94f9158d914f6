/** One call of `run`, waiting or running. */
import { AsyncResource } from 'node:async_hooks'
import type { Abortable } from './abort-listeners.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import type { Deadline } from './deadline.ts'
import type { RunLine } from './run-line.ts'

/** What only a call with options has, or one that is recorded. */
export interface RunDetails extends Abortable {
  /** Where it waits. */
  readonly line: RunLine
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly submittedAt: number
  deadline: Deadline | undefined
  /** For its start. */
  queueDeadline: Deadline | undefined
  /** The attempt that runs. */
  attempt: RunAttempt | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: of whatever function; the executor's methods check it
export type AnyFunction = (...args: any[]) => unknown

/**
 * What waits is many of these, so it is small: of its promise only `resolve` is kept, and it is
 * itself the resource that keeps the async context of its caller.
 */
export class RunTask extends AsyncResource {
  /** Its links in the queue, which alone writes them. */
  next: RunTask | undefined = undefined
  previous: RunTask | undefined = undefined
  readonly fn: AnyFunction
  /** Undefined once it is settled. */
  resolve: ((value: unknown) => void) | undefined
  details: RunDetails | undefined = undefined

  constructor(fn: AnyFunction, resolve: (value: unknown) => void) {
    super('threeply.AsyncExecutor.run')
    this.fn = fn
    this.resolve = resolve
  }

  call(attempt: RunAttempt): unknown {
    return this.runInAsyncScope(this.fn, undefined, attempt)
  }
}

/** One call of a wrapped function: its arguments are kept without a closure around them. */
export class WrappedTask extends RunTask {
  readonly #args: readonly unknown[]

  constructor(fn: AnyFunction, args: readonly unknown[], resolve: (value: unknown) => void) {
    super(fn, resolve)
    this.#args = args
  }

  override call(): unknown {
    return this.runInAsyncScope(this.fn, undefined, ...this.#args)
  }
}

export class RunAttempt extends Attempt {
  readonly #task: RunTask

  constructor(owner: AttemptOwner, task: RunTask) {
    super(owner, 0) // which the type of its context does not show
    this.#task = task
  }

  /** For the runner. */
  get task(): RunTask {
    return this.#task
  }
}

/** What to resolve a promise with whose `reject` was not kept, to reject it. */
export class Rejection {
  readonly #error: unknown

  constructor(error: unknown) {
    this.#error = error
  }

  // biome-ignore lint/suspicious/noThenProperty: the promise calls it
  then(_onFulfilled: unknown, onRejected: (error: unknown) => void): void {
    onRejected(this.#error)
  }
}
