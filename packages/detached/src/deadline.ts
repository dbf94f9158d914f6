/** When patience with a thread is over: at the soonest of the times that it was given. */
import { LONGEST_TIMER } from '@threeply/task/runner'

export class Deadline {
  readonly #onOver: (grace: number) => void
  #at = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** @param onOver Called once, with the grace that has run out. */
  constructor(onOver: (grace: number) => void) {
    this.#onOver = onOver
  }

  /** Sets it to `grace` milliseconds from now, unless it is sooner already. */
  within(grace: number): void {
    const at = performance.now() + grace
    if (at >= this.#at || grace > LONGEST_TIMER) return
    this.#at = at
    clearTimeout(this.#timer)
    // The thread, not the timer, keeps the process alive.
    this.#timer = setTimeout(() => this.#onOver(grace), grace).unref()
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }
}
