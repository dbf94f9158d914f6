/** Which calls have been accepted and are not settled: what `onIdle` and `close` wait for. */
import { ClosedError } from '@threeply/task'
import { holdAlive, releaseAlive } from './keep-alive.ts'

export class OpenCalls {
  /** Whether any function runs, also one whose call has been settled. */
  readonly #isRunning: () => boolean
  #calls = 0
  #streams = 0
  #waiters: (() => void)[] = []
  #isClosed = false
  #isDestroyed = false

  constructor(isRunning: () => boolean) {
    this.#isRunning = isRunning
  }

  /** No more calls are accepted. */
  close(): void {
    this.#isClosed = true
  }

  /** As {@link close}, and those that were accepted make none either. */
  destroy(): void {
    this.#isClosed = true
    this.#isDestroyed = true
  }

  /**
   * @param isInner Whether it is made for one that was accepted, which needs it to end.
   * @throws {ClosedError} ERR_THREEPLY_CLOSED
   */
  checkOpen(method: string, isInner: boolean): void {
    if (!this.#isClosed) return
    if (isInner && !this.#isDestroyed && !this.#isIdle()) return
    throw new ClosedError(
      `The executor is closed, so ${method}() was not accepted. Submit before close(), or make another executor.`,
    )
  }

  /** A call that keeps the process alive until it is settled. */
  opened(): void {
    this.#calls += 1
    if (this.#calls === 1) holdAlive()
  }

  settled(): void {
    this.#calls -= 1
    if (this.#calls > 0) return
    releaseAlive()
    this.rest()
  }

  /** A stream does not keep the process alive while nobody waits for its outputs. */
  streamOpened(): void {
    this.#streams += 1
  }

  streamSettled(): void {
    this.#streams -= 1
    this.rest()
  }

  /** Fulfilled as soon as no call is open and no function runs. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** Tells those who wait, if it is time. */
  rest(): void {
    if (this.#waiters.length > 0 && this.#isIdle()) this.abandon()
  }

  /** Tells those who wait, though functions may run on for ever. */
  abandon(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #isIdle(): boolean {
    return this.#calls === 0 && this.#streams === 0 && !this.#isRunning()
  }
}
