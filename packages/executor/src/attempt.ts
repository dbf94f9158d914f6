/** One go of one task: what its function gets beside the input, and what cancels it. */
import type { TaskContext } from '@threeply/task'

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

/** Whom an attempt belongs to. */
export interface AttemptOwner {
  /** Its function has asked for what tells that it is cancelled, and must be told from now on. */
  observed(attempt: Attempt): void
}

/** What most attempts never need. */
interface AttemptDetails {
  controller: AbortController | undefined
  cancellation: { readonly reason: unknown } | undefined
}

/**
 * The signal and the functions are made when they are first asked for, so that a task that needs
 * none pays for none; getters, so that a task may take the context apart: `({ signal }) => …`.
 */
export class Attempt implements ItemContext {
  readonly index: number
  readonly attempt: number
  readonly #owner: AttemptOwner
  #details: AttemptDetails | undefined

  // One class for inputs and runs, set up by its constructor alone: a derived class, or
  // initialisers of fields, make an attempt cost 30 ns instead of 5.
  constructor(owner: AttemptOwner, index: number, attempt: number) {
    this.index = index
    this.attempt = attempt
    this.#owner = owner
    this.#details = undefined
  }

  get signal(): AbortSignal {
    const details = this.#observe()
    if (details.controller === undefined) {
      details.controller = new AbortController()
      if (details.cancellation !== undefined) details.controller.abort(details.cancellation.reason)
    }
    return details.controller.signal
  }

  get cancelled(): () => boolean {
    const details = this.#observe()
    return () => details.cancellation !== undefined
  }

  get throwIfCancelled(): () => void {
    const details = this.#observe()
    return () => {
      if (details.cancellation !== undefined) throw details.cancellation.reason
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

  /** For the runner: what the function was told to stop with. */
  get cancellation(): { readonly reason: unknown } | undefined {
    return this.#details?.cancellation
  }

  /** For the runner: tells the function to stop; its slot stays taken until it has ended. */
  cancel(reason: unknown): void {
    this.#details ??= noDetails()
    if (this.#details.cancellation !== undefined) return
    this.#details.cancellation = { reason }
    this.#details.controller?.abort(reason)
  }

  #observe(): AttemptDetails {
    if (this.#details === undefined) {
      this.#details = noDetails()
      this.#owner.observed(this)
    }
    return this.#details
  }
}

function noDetails(): AttemptDetails {
  return { controller: undefined, cancellation: undefined }
}

function ignore(): void {}

function keep<T>(value: T): T {
  return value
}
