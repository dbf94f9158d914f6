/**
 * The signal and the timeout of a call. A signal gets one listener of ours, however many calls have
 * it, and none when they have settled.
 */
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
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
  /** What to do about its timeout, if more is known than that it took too long. */
  readonly timeoutAdvice: string | undefined
  /**
   * Whether a task of it may be on its way from the queue to a thread, and in neither: code of the
   * user's runs then where an input has a getter. Cancelling has to wait until it has arrived.
   */
  readonly isInTransit: boolean
}

type Limits = Pick<CallSettings, 'signal' | 'timeout'> & Partial<Pick<CallSettings, 'scopeSignal'>>

// Beside the calls and not in them: most have neither, and many of them wait.
/** The calls of each signal. */
const watched = new WeakMap<AbortSignal, WatchedSignal>()
/** The deadline of each call that has one. */
const deadlines = new Map<LimitedCall, Deadline>()

/**
 * Cancels `call` when a signal of it is aborted or its time is over, until {@link unlimit} is called.
 * None of the signals must be aborted yet.
 */
export function limit(call: LimitedCall, { signal, scopeSignal, timeout }: Limits): void {
  if (timeout < Number.POSITIVE_INFINITY) deadlines.set(call, new Deadline(call, timeout))
  // Both, and not `AbortSignal.any` of them: on Node 20 that loses a source that nobody else holds.
  if (signal !== undefined) watch(signal, call)
  if (scopeSignal !== undefined) watch(scopeSignal, call)
}

/** The call has settled. */
export function unlimit(call: LimitedCall, { signal, scopeSignal, timeout }: Limits): void {
  if (signal !== undefined) watched.get(signal)?.delete(call)
  if (scopeSignal !== undefined) watched.get(scopeSignal)?.delete(call)
  if (timeout === Number.POSITIVE_INFINITY) return
  deadlines.get(call)?.clear()
  deadlines.delete(call)
}

function watch(signal: AbortSignal, call: LimitedCall): void {
  const watcher = watched.get(signal) ?? new WatchedSignal(signal)
  watcher.add(call)
}

/** Somebody waits for the call, so its deadline, which will end it, keeps the process alive. */
export function holdDeadline(call: LimitedCall): void {
  deadlines.get(call)?.hold()
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
    for (const call of this.#calls) {
      if (call.isInTransit) queueMicrotask(() => this.#cancel(call, reason))
      else this.#cancel(call, reason)
    }
  }

  #cancel(call: LimitedCall, reason: unknown): void {
    if (this.#calls.has(call)) call.cancel({ reason, outcome: 'cancelled' }) // else it has settled
  }
}

class Deadline {
  readonly #call: LimitedCall
  readonly #timeout: number
  #timer: NodeJS.Timeout | undefined
  #isHeld = false
  #isCleared = false

  constructor(call: LimitedCall, timeout: number) {
    this.#call = call
    this.#timeout = timeout
    this.#arm(timeout)
  }

  hold(): void {
    this.#isHeld = true
    this.#timer?.ref()
  }

  clear(): void {
    this.#isCleared = true
    clearTimeout(this.#timer)
  }

  #arm(left: number): void {
    const delay = Math.min(left, LONGEST_TIMER)
    this.#timer = setTimeout(() => this.#onTimer(), delay)
    // What keeps the process alive for a call is not its deadline: its reader may have left it.
    if (!this.#isHeld) this.#timer.unref()
  }

  #onTimer(): void {
    const elapsed = performance.now() - this.#call.submittedAt
    // Node's timers may fire a little early, and cannot be longer than 24 days.
    if (elapsed < this.#timeout) {
      this.#arm(this.#timeout - elapsed)
      return
    }
    // Only after answers that have come already, which a busy parent has not seen yet.
    setImmediate(() => {
      if (!this.#isCleared) this.#end(elapsed)
    })
  }

  #end(elapsed: number): void {
    const { name } = this.#call
    const runTime = this.#call.runTime()
    const times = { timeout: this.#timeout, queueTime: Math.max(0, elapsed - runTime), runTime }
    const reason = new TaskTimeoutError(name, times, this.#call.timeoutAdvice)
    this.#call.cancel({ reason, outcome: 'timed-out' })
  }
}
