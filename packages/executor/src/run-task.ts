/** One call of `run`, waiting or running. */
import { AsyncResource, executionAsyncId } from 'node:async_hooks'
import type { Abortable } from './abort-listeners.ts'
import type { Attempt, RunContext } from './attempt.ts'
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
  /** The attempt that runs, where, and since when. */
  attempt: Attempt | undefined
  lane: Lane | undefined
  attemptStartedAt: number
  /** When it began to wait, the last time. */
  queuedAt: number
  /** When its first attempt started. */
  startedAt: number | undefined
}

/** What a function is called with: its context, what it was given, or the several things of an array. */
export type Invocation = typeof WITH_CONTEXT | typeof WITH_ONE | typeof WITH_ALL
export const WITH_CONTEXT = 0
/** As most wrapped functions are: no array is kept for it. */
export const WITH_ONE = 1
export const WITH_ALL = 2

// biome-ignore lint/suspicious/noExplicitAny: of whatever function; the executor's methods check it
export type AnyFunction = (...args: any[]) => unknown

/**
 * What waits is many of these, so it is small: of its promise only `resolve` is kept, and it is
 * itself the resource that keeps the async context of its caller. One class for all of them, and an
 * explicit trigger, which Node would find out anyway: with derived classes and without it making one
 * takes 67 ns instead of 28.
 */
export class RunTask extends AsyncResource {
  /** Its links in the queue, which alone writes them. */
  next: RunTask | undefined
  previous: RunTask | undefined
  readonly fn: AnyFunction
  /** Undefined once it is settled. */
  resolve: ((value: unknown) => void) | undefined
  details: RunDetails | undefined
  readonly #invocation: Invocation
  readonly #argument: unknown

  /** @param argument What {@link invocation} takes. */
  constructor(
    fn: AnyFunction,
    invocation: Invocation,
    argument: unknown,
    resolve: (value: unknown) => void,
  ) {
    super('threeply.AsyncExecutor.run', executionAsyncId())
    this.next = undefined
    this.previous = undefined
    this.fn = fn
    this.resolve = resolve
    this.details = undefined
    this.#invocation = invocation
    this.#argument = argument
  }

  /** Whether its function can tell that it is cancelled. */
  get takesContext(): boolean {
    return this.#invocation === WITH_CONTEXT
  }

  /** Calls the function, in the async context of its caller and, if there is one, inside `entrance`. */
  call(entrance: Entrance | undefined, context: RunContext | undefined): unknown {
    const invocation = this.#invocation
    const argument = invocation === WITH_CONTEXT ? context : this.#argument
    if (invocation === WITH_ALL) {
      const args = argument as readonly unknown[]
      const { fn } = this // not to be called as a method of this
      if (entrance === undefined) return this.runInAsyncScope(fn, undefined, ...args)
      return this.runInAsyncScope(entrance.enter, entrance, () => fn(...args), undefined)
    }
    if (entrance === undefined) return this.runInAsyncScope(this.fn, undefined, argument)
    return this.runInAsyncScope(entrance.enter, entrance, this.fn, argument)
  }
}

/** What `wrap` was given, checked once. */
export interface WrappedFunction {
  readonly fn: AnyFunction
  readonly settings: RunSettings
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
