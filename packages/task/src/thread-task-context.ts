/** The context of a task that runs on a thread: cancelled by shared memory, and by message. */
import type { TaskContext } from './task-context.ts'

/** One task's cancellation flag: a word of shared memory that the parent sets. */
export interface CancellationFlag {
  readonly words: Int32Array
  readonly index: number
}

/** The word of a task that nobody has cancelled; the parent writes anything else to cancel. */
const NOT_CANCELLED = 0

/**
 * Invariant of the flag: the parent alone writes it, once, from `NOT_CANCELLED` to another value,
 * while the task is running; the thread alone reads it. The flag says *that*, the message says *why*:
 * a task that sees the flag first gets an `AbortError`, and keeps it as its one reason.
 */
export class ThreadTaskContext implements TaskContext {
  readonly #flag: CancellationFlag
  readonly #onProgress: (value: unknown) => void
  // Made when first asked for, so that a task that only computes does not pay for them. Functions
  // of their own, not methods, so that a task may take them apart: `({ cancelled }) => …`.
  #controller: AbortController | undefined
  #cancelled: (() => boolean) | undefined
  #throwIfCancelled: (() => void) | undefined
  #progress: ((value: unknown) => void) | undefined
  #transfer: TaskContext['transfer'] | undefined

  #cancellation: { readonly reason: unknown } | undefined
  #transferred: unknown[] | undefined

  constructor(flag: CancellationFlag, onProgress: (value: unknown) => void) {
    this.#flag = flag
    this.#onProgress = onProgress
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isCancelled()) this.#abort()
    }
    return this.#controller.signal
  }

  get cancelled(): () => boolean {
    this.#cancelled ??= () => this.#isCancelled()
    return this.#cancelled
  }

  get throwIfCancelled(): () => void {
    this.#throwIfCancelled ??= () => {
      if (this.#isCancelled()) throw this.#abort()
    }
    return this.#throwIfCancelled
  }

  get progress(): (value: unknown) => void {
    this.#progress ??= (value) => this.#onProgress(value)
    return this.#progress
  }

  get transfer(): TaskContext['transfer'] {
    this.#transfer ??= (value, list) => {
      this.#transferred ??= []
      this.#transferred.push(...list)
      return value
    }
    return this.#transfer
  }

  /** For the thread: the parent's message has come, with the reason. */
  cancel(reason: unknown): void {
    this.#cancellation ??= { reason }
    this.#abort()
  }

  /** For the thread: whether `thrown` is what this context gave as the reason. */
  isReason(thrown: unknown): boolean {
    return this.#cancellation !== undefined && this.#cancellation.reason === thrown
  }

  /** For the thread: what is to be moved with the output. */
  get transferred(): readonly unknown[] {
    return this.#transferred ?? []
  }

  /** For the thread: what was to be moved stays, as its output does. */
  transferNothing(): void {
    this.#transferred = undefined
  }

  #isCancelled(): boolean {
    return (
      this.#cancellation !== undefined ||
      Atomics.load(this.#flag.words, this.#flag.index) !== NOT_CANCELLED
    )
  }

  #abort(): unknown {
    this.#cancellation ??= { reason: new DOMException('This task was cancelled', 'AbortError') }
    this.#controller?.abort(this.#cancellation.reason)
    return this.#cancellation.reason
  }
}
