/** What a task gets beside its input. */
import { checkSignal } from './option-checks.ts'

/** What every task gets as its second argument. */
export interface TaskContext {
  /** Aborted when the task is cancelled or its timeout has run out. */
  readonly signal: AbortSignal
  /**
   * Tells whether the task has been cancelled. On a thread it reads shared memory, so that
   * synchronous code sees it too, while no message can arrive. Cheap enough to ask in a loop.
   */
  cancelled(): boolean
  /**
   * Throws `signal.reason` when the task has been cancelled. On a thread, synchronous code may see
   * the flag before the reason has arrived; an `AbortError` stands in for it then.
   */
  throwIfCancelled(): void
  /** Reports how far the task is; `value` is cloned. Whoever started the task gets it, if asked for. */
  progress(value: unknown): void
  /**
   * Marks objects in `value` to be moved, not copied, when the output leaves the thread: `ArrayBuffer`s,
   * `MessagePort`s and what else can be transferred, at any depth. Inline, nothing is moved.
   * @returns `value` itself.
   */
  transfer<T>(value: T, list: readonly unknown[]): T
}

/** Options of {@link createTaskContext}. */
export interface TaskContextOptions {
  /** What cancels the task. @default a signal that is never aborted */
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a context for running a task inline, on the thread that calls it.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: `signal` is no `AbortSignal`
 * @example await tasks.wordCount(text, createTaskContext())
 */
export function createTaskContext({ signal }: TaskContextOptions = {}): TaskContext {
  if (signal !== undefined) checkSignal('createTaskContext', 'signal', signal)
  const taskSignal = signal ?? new AbortController().signal
  return {
    signal: taskSignal,
    cancelled: () => taskSignal.aborted,
    throwIfCancelled: () => taskSignal.throwIfAborted(),
    progress: () => {},
    transfer: (value) => value,
  }
}
