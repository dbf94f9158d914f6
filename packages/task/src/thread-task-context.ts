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
 * What a context has only once it is asked for, so that a task that only computes does not pay for it.
 * Functions of their own, not methods, so that a task may take them apart: `({ cancelled }) => …`.
 */
interface Used {
  controller: AbortController | undefined
  cancelled: (() => boolean) | undefined
  throwIfCancelled: (() => void) | undefined
  progress: ((value: unknown) => void) | undefined
  transfer: TaskContext['transfer'] | undefined
  cancellation: { readonly reason: unknown } | undefined
  transferred: unknown[] | undefined
}

const UNUSED: Used = {
  controller: undefined,
  cancelled: undefined,
  throwIfCancelled: undefined,
  progress: undefined,
  transfer: undefined,
  cancellation: undefined,
  transferred: undefined,
}

const NOTHING: readonly unknown[] = []

/**
 * Invariant of the flag: the parent alone writes it, once, from `NOT_CANCELLED` to another value,
 * while the task is running; the thread alone reads it. The flag says *that*, the message says *why*:
 * a task that sees the flag first gets an `AbortError`, and keeps it as its one reason.
 */
export class ThreadTaskContext implements TaskContext {
  readonly #flag: CancellationFlag
  readonly #onProgress: (value: unknown) => void
  #used: Used | undefined

  constructor(flag: CancellationFlag, onProgress: (value: unknown) => void) {
    this.#flag = flag
    this.#onProgress = onProgress
  }

  get signal(): AbortSignal {
    const used = this.#use()
    if (used.controller === undefined) {
      used.controller = new AbortController()
      if (this.#isCancelled()) this.#abort()
    }
    return used.controller.signal
  }

  get cancelled(): () => boolean {
    const used = this.#use()
    used.cancelled ??= () => this.#isCancelled()
    return used.cancelled
  }

  get throwIfCancelled(): () => void {
    const used = this.#use()
    used.throwIfCancelled ??= () => {
      if (this.#isCancelled()) throw this.#abort()
    }
    return used.throwIfCancelled
  }

  get progress(): (value: unknown) => void {
    const used = this.#use()
    used.progress ??= (value) => this.#onProgress(value)
    return used.progress
  }

  get transfer(): TaskContext['transfer'] {
    const used = this.#use()
    used.transfer ??= (value, list) => {
      used.transferred ??= []
      used.transferred.push(...list)
      return value
    }
    return used.transfer
  }

  /** For the thread: the parent's message has come, with the reason. */
  cancel(reason: unknown): void {
    this.#use().cancellation ??= { reason }
    this.#abort()
  }

  /** For the thread: whether `thrown` is what this context gave as the reason. */
  isReason(thrown: unknown): boolean {
    const cancellation = this.#used?.cancellation
    return cancellation !== undefined && cancellation.reason === thrown
  }

  /** For the thread: what is to be moved with the output. */
  get transferred(): readonly unknown[] {
    return this.#used?.transferred ?? NOTHING
  }

  /** For the thread: what was to be moved stays, as its output does. */
  transferNothing(): void {
    if (this.#used !== undefined) this.#used.transferred = undefined
  }

  #use(): Used {
    this.#used ??= { ...UNUSED }
    return this.#used
  }

  #isCancelled(): boolean {
    return (
      this.#used?.cancellation !== undefined ||
      Atomics.load(this.#flag.words, this.#flag.index) !== NOT_CANCELLED
    )
  }

  #abort(): unknown {
    const used = this.#use()
    used.cancellation ??= { reason: new DOMException('This task was cancelled', 'AbortError') }
    used.controller?.abort(used.cancellation.reason)
    return used.cancellation.reason
  }
}
