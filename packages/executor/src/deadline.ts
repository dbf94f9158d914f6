/** A timer of any length that never fires early. */
import { LONGEST_TIMER } from '@threeply/task/runner'

/**
 * Node's timers take whole milliseconds up to 24 days and may fire a little early; this one goes on
 * until the time has really come.
 */
export class Deadline {
  readonly #at: number
  readonly #onTime: () => void
  #timer: NodeJS.Timeout | undefined
  #isUnref = false

  /** @param delay Milliseconds from now; `Infinity` never comes. */
  constructor(delay: number, onTime: () => void) {
    this.#at = performance.now() + delay
    this.#onTime = onTime
    if (delay !== Number.POSITIVE_INFINITY) this.#wait(delay)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  /** It does not keep the process alive. */
  unref(): void {
    this.#isUnref = true
    this.#timer?.unref()
  }

  #wait(delay: number): void {
    this.#timer = setTimeout(() => this.#check(), Math.min(Math.ceil(delay), LONGEST_TIMER))
    if (this.#isUnref) this.#timer.unref()
  }

  #check(): void {
    const left = this.#at - performance.now()
    if (left > 0) this.#wait(left)
    else this.#onTime()
  }
}
