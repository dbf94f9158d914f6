/** One fork on the thread of the task that made it: what it was asked for, until its child has ended. */
import { clearTimeout, setTimeout } from 'node:timers'
import { decodeError, TaskTimeoutError } from '@threeply/task'
import { LONGEST_TIMER } from '@threeply/task/runner'
import { checkCallOptions, defaultSettings, type MapOptions } from '../call-options.ts'
import { nameTaskOf } from '../failed-task.ts'
import type { ChildFailure, ForkOptions } from '../messages.ts'
import { ForkPromise } from './fork-promise.ts'
import type { ForkingTask, OpenFork } from './forking-task.ts'
import type { ForkMethod } from './thread-fork-context.ts'

/** Only for checking options: what is not given is for the parent to fill in. */
const DEFAULTS = defaultSettings(0)

export interface ForkObserver {
  /** The parent is to cancel the child. */
  onCancel(reason: unknown): void
  onEnd(): void
}

export class Fork implements OpenFork {
  readonly id: number
  readonly task: ForkingTask
  readonly method: ForkMethod
  readonly promise: ForkPromise
  /** What the parent has to know of the options. */
  options: ForkOptions | undefined
  onProgress: ((value: unknown) => void) | undefined
  /** Whether the parent has it, or will have. */
  isSent = false
  hasEnded = false

  readonly #observer: ForkObserver
  #resolve!: (output: unknown) => void
  #reject!: (error: unknown) => void
  #signal: AbortSignal | undefined
  #clock: NodeJS.Timeout | undefined
  #cancelled: { readonly reason: unknown } | undefined

  constructor(id: number, task: ForkingTask, method: ForkMethod, observer: ForkObserver) {
    this.id = id
    this.task = task
    this.method = method
    this.#observer = observer
    this.promise = new ForkPromise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION, and the reason of an aborted signal */
  setOptions(options: unknown): void {
    if (options === undefined) return
    const { signal, onProgress, transfer } = checkCallOptions(
      this.method,
      options as MapOptions,
      DEFAULTS,
    )
    const { timeout, grace, priority, key, idempotent, chunkSize } = options as MapOptions
    const wantsProgress = onProgress !== undefined
    this.onProgress = onProgress
    this.options = { timeout, grace, priority, key, idempotent, chunkSize, transfer, wantsProgress }
    if (signal === undefined) return
    signal.throwIfAborted()
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  /**
   * Lets its timeout run out while it has not been sent. Else the parent sees to that.
   * @returns Stops that, and leaves the parent what is left of the time.
   */
  startClock(name: string): () => void {
    const { options } = this
    const timeout = options?.timeout ?? Number.POSITIVE_INFINITY
    if (options === undefined || timeout > LONGEST_TIMER) return () => {}
    const start = performance.now()
    this.#clock = setTimeout(() => {
      const queueTime = performance.now() - start
      this.fail(new TaskTimeoutError(name, { timeout, queueTime, runTime: 0 }))
    }, timeout)
    return () => {
      clearTimeout(this.#clock)
      this.options = { ...options, timeout: Math.max(0, timeout - (performance.now() - start)) }
    }
  }

  cancel(reason: unknown): void {
    if (this.hasEnded || this.#cancelled !== undefined) return
    this.#cancelled = { reason }
    if (this.isSent) this.#observer.onCancel(reason)
    else this.fail(reason)
  }

  /** The child has ended, says the parent. */
  join(output: unknown, failure: ChildFailure | undefined): void {
    if (failure !== undefined) {
      this.fail(this.#cancelled === undefined ? this.#errorOf(failure) : this.#cancelled.reason)
      return
    }
    if (!this.#end(undefined)) return
    this.#resolve(output)
  }

  fail(error: unknown): void {
    if (!this.#end({ error })) return
    this.#reject(error)
  }

  #end(failure: { readonly error: unknown } | undefined): boolean {
    if (this.hasEnded) return false
    this.hasEnded = true
    clearTimeout(this.#clock)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#observer.onEnd()
    this.task.joined(this, failure)
    return true
  }

  #errorOf(failure: ChildFailure): unknown {
    if (failure[0] === 'value') return failure[1]
    if (failure[0] === 'inherited') return this.task.context.signal.reason
    const [, encoded, task] = failure
    const error = decodeError(encoded)
    if (task !== undefined) nameTaskOf(error, task)
    return error
  }

  readonly #onAbort = (): void => {
    this.cancel(this.#signal!.reason)
  }
}
