/** Which calls have been accepted and are not settled: what `onIdle` and `close` wait for. */
import { holdAlive, releaseAlive } from './keep-alive.ts'

export class OpenCalls {
  /** Whether any function runs, also one whose call has been settled. */
  readonly #isRunning: () => boolean
  #calls = 0
  #streams = 0
  #waiters: (() => void)[] = []

  constructor(isRunning: () => boolean) {
    this.#isRunning = isRunning
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
