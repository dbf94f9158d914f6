/** One call of `run`, waiting or running. */
import { AsyncResource } from 'node:async_hooks'
import type { Abortable } from './abort-listeners.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import type { RunSettings } from './call-options.ts'
import type { Deadline } from './deadline.ts'
import type { Lane } from './lane.ts'
import type { Entrance } from './nesting.ts'
import type { Retries } from './retry.ts'
import type { RunLine } from './run-line.ts'

/** What only a call with options has, or one that is recorded. */
export interface RunDetails extends Abortable {
  readonly settings: RunSettings
  /** Where it waits. */
  readonly line: RunLine<RunTask>
  readonly submittedAt: number
  readonly retries: Retries | undefined
  deadline: Deadline | undefined
  /** For its start. */
  queueDeadline: Deadline | undefined
  /** Runs while the next attempt is put off. */
  backOff: Deadline | undefined
  /** The attempt that runs. */
  attempt: RunAttempt | undefined
  /** When it began to wait, the last time. */
  queuedAt: number
  /** When its first attempt started. */
  startedAt: number | undefined
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

  /** Calls the function, in the async context of its caller and, if there is one, inside `entrance`. */
  call(entrance: Entrance | undefined, attempt: RunAttempt): unknown {
    if (entrance === undefined) return this.runInAsyncScope(this.fn, undefined, attempt)
    return this.runInAsyncScope(entrance.enter, entrance, this.fn, attempt)
  }
}

/** What `wrap` was given, checked once. */
export interface WrappedFunction {
  readonly fn: AnyFunction
  readonly settings: RunSettings
}

/** One call of a wrapped function: its arguments are kept without a closure around them. */
export class WrappedTask extends RunTask {
  readonly #args: readonly unknown[]

  constructor(fn: AnyFunction, args: readonly unknown[], resolve: (value: unknown) => void) {
    super(fn, resolve)
    this.#args = args
  }

  override call(entrance: Entrance | undefined): unknown {
    if (entrance === undefined) return this.runInAsyncScope(this.fn, undefined, ...this.#args)
    return this.runInAsyncScope(entrance.enter, entrance, WrappedTask.#callWrapped, this)
  }

  static #callWrapped(task: WrappedTask): unknown {
    const { fn } = task
    return fn(...task.#args)
  }
}

export class RunAttempt extends Attempt {
  readonly #task: RunTask
  readonly #lane: Lane
  readonly #startedAt: number

  constructor(owner: AttemptOwner, task: RunTask, lane: Lane, startedAt: number) {
    super(owner, 0, task.details?.retries?.attempt ?? 1) // the type of its context shows no index
    this.#task = task
    this.#lane = lane
    this.#startedAt = startedAt
  }

  /** For the runner, as all below. */
  get task(): RunTask {
    return this.#task
  }

  get lane(): Lane {
    return this.#lane
  }

  get startedAt(): number {
    return this.#startedAt
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
