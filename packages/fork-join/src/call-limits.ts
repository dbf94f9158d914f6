/**
 * The signal and the timeout of a call. A signal gets one listener of ours, however many calls have
 * it, and none when they have settled.
 */
import { TaskTimeoutError } from '@threeply/task'
import { LONGEST_TIMER } from '@threeply/task/runner'
import type { CallSettings } from './call-options.ts'
import type { Cancellation } from './submission.ts'

/** A call that can be cancelled. */
export interface LimitedCall {
  readonly name: string
  readonly submittedAt: number
  /** Milliseconds for which it has been running; 0 when it has not started. */
  runTime(): number
  cancel(cancellation: Cancellation): void
}

/** The calls of each signal. */
const watched = new WeakMap<AbortSignal, WatchedSignal>()

/**
 * Cancels `call` when its signal is aborted or its time is over. The signal must not be aborted yet.
 * @returns what ends that; `undefined` when the call has neither.
 */
export function limit(
  call: LimitedCall,
  { signal, timeout }: Pick<CallSettings, 'signal' | 'timeout'>,
): (() => void) | undefined {
  const hasTimeout = timeout < Number.POSITIVE_INFINITY
  if (signal === undefined && !hasTimeout) return undefined
  const timer = hasTimeout ? new Deadline(call, timeout) : undefined
  if (signal === undefined) return () => timer?.clear()
  const watcher = watched.get(signal) ?? new WatchedSignal(signal)
  watcher.add(call)
  return () => {
    watcher.delete(call)
    timer?.clear()
  }
}

class WatchedSignal {
  readonly #signal: AbortSignal
  readonly #calls = new Set<LimitedCall>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    watched.set(signal, this)
  }

  add(call: LimitedCall): void {
    if (this.#calls.size === 0) this.#signal.addEventListener('abort', this.#onAbort)
    this.#calls.add(call)
  }

  delete(call: LimitedCall): void {
    if (!this.#calls.delete(call) || this.#calls.size > 0) return
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#signal
    for (const call of this.#calls) call.cancel({ reason, outcome: 'cancelled' })
  }
}

class Deadline {
  readonly #call: LimitedCall
  readonly #timeout: number
  #timer: NodeJS.Timeout | undefined

  constructor(call: LimitedCall, timeout: number) {
    this.#call = call
    this.#timeout = timeout
    this.#arm(timeout)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #arm(left: number): void {
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(left, LONGEST_TIMER))
  }

  #onTimer(): void {
    const { name, submittedAt } = this.#call
    const elapsed = performance.now() - submittedAt
    // Node's timers may fire a little early, and cannot be longer than 24 days.
    if (elapsed < this.#timeout) {
      this.#arm(this.#timeout - elapsed)
      return
    }
    const runTime = this.#call.runTime()
    const times = { timeout: this.#timeout, queueTime: Math.max(0, elapsed - runTime), runTime }
    this.#call.cancel({ reason: new TaskTimeoutError(name, times), outcome: 'timed-out' })
  }
}
