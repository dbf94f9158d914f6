/** One go of one task: what its function gets beside the input, and what cancels it. */
import type { TaskContext } from '@threeply/task'
import type { Deadline } from './deadline.ts'

/** What the function of `run` gets. */
export interface RunContext extends TaskContext {
  /** Which attempt this is, the first being 1. */
  readonly attempt: number
}

/** What the function of `map`, `mapSettled`, `forEach` and `stream` gets beside its input. */
export interface ItemContext extends RunContext {
  /** The place of the input among the inputs, the first being 0. */
  readonly index: number
}

/** Whom an attempt belongs to, and who learns how it ended. */
export interface AttemptOwner {
  succeeded(attempt: Attempt, output: unknown): void
  failed(attempt: Attempt, error: unknown): void
}

/** When an attempt happened; kept only where there is a timeout or somebody records. */
export interface AttemptTimes {
  /** Since when its task had been waiting. */
  readonly queuedAt: number
  readonly startedAt: number
  /** Runs while the attempt may still time out. */
  readonly deadline: Deadline | undefined
  /** Whether its outcome is known already; what its function gives later is not wanted. */
  isSettled: boolean
}

/**
 * The signal and the functions are made when they are first asked for, so that a task that needs
 * none pays for none; getters, so that a task may take the context apart: `({ signal }) => …`.
 */
export class Attempt implements RunContext {
  readonly attempt: number
  readonly #owner: AttemptOwner
  #controller: AbortController | undefined = undefined
  #cancellation: { readonly reason: unknown } | undefined = undefined
  #times: AttemptTimes | undefined = undefined

  constructor(owner: AttemptOwner, attempt: number) {
    this.attempt = attempt
    this.#owner = owner
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#cancellation !== undefined) this.#controller.abort(this.#cancellation.reason)
    }
    return this.#controller.signal
  }

  get cancelled(): () => boolean {
    return () => this.isCancelled
  }

  get throwIfCancelled(): () => void {
    return () => {
      if (this.#cancellation !== undefined) throw this.#cancellation.reason
    }
  }

  /** Nobody asks for progress on this thread: the function shares its caller's memory. */
  get progress(): (value: unknown) => void {
    return ignore
  }

  /** Nothing leaves this thread, so nothing is moved. */
  get transfer(): <T>(value: T) => T {
    return keep
  }

  /** For the runner: whom it belongs to. */
  get owner(): AttemptOwner {
    return this.#owner
  }

  /** For the runner: whether it has been told to stop. */
  get isCancelled(): boolean {
    return this.#cancellation !== undefined
  }

  /** For the runner. */
  get times(): AttemptTimes | undefined {
    return this.#times
  }

  set times(times: AttemptTimes) {
    this.#times = times
  }

  /** For the runner: tells the function to stop; its slot stays taken until it has ended. */
  cancel(reason: unknown): void {
    if (this.#cancellation !== undefined) return
    this.#cancellation = { reason }
    this.#controller?.abort(reason)
  }
}

/** An attempt at one input of `map` and its kin. */
export class ItemAttempt extends Attempt implements ItemContext {
  readonly index: number

  constructor(owner: AttemptOwner, attempt: number, index: number) {
    super(owner, attempt)
    this.index = index
  }
}

function ignore(): void {}

function keep<T>(value: T): T {
  return value
}
