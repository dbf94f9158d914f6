/** A counter that follows a total which somebody else keeps. */
import type { Counter } from '../recorders/counter.ts'

export class Cumulative {
  readonly #counter: Counter
  #last: number

  /** @param start What the total is now, and does not count. */
  constructor(counter: Counter, start: number) {
    this.#counter = counter
    this.#last = start
  }

  /** Adds what the total has grown by. One that went back, as a system's may by rounding, waits. */
  follow(total: number): void {
    if (total <= this.#last) return
    this.#counter.add(total - this.#last)
    this.#last = total
  }
}
