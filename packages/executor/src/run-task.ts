/** One call of `run`, waiting or running. */
import { AsyncResource } from 'node:async_hooks'
import type { Abortable } from './abort-listeners.ts'
import { Attempt, type AttemptOwner, type RunContext } from './attempt.ts'
import type { Deadline } from './deadline.ts'

/** What only a call with options has, or one that is recorded. */
export interface RunDetails {
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly submittedAt: number
  deadline: Deadline | undefined
  /** The attempt that runs. */
  attempt: RunAttempt | undefined
}

/**
 * What waits is many of these, so it is small: of its promise only `resolve` is kept, and it is
 * itself the resource that keeps the async context of its caller.
 */
export class RunTask extends AsyncResource {
  /** Its links in the queue, which alone writes them. */
  next: RunTask | undefined = undefined
  previous: RunTask | undefined = undefined
  readonly fn: (context: RunContext) => unknown
  /** Undefined once it is settled. */
  resolve: ((value: unknown) => void) | undefined
  details: (RunDetails & Abortable) | undefined = undefined

  constructor(fn: (context: RunContext) => unknown, resolve: (value: unknown) => void) {
    super('threeply.AsyncExecutor.run')
    this.fn = fn
    this.resolve = resolve
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
