/**
 * Keeps the event loop of a thread that has nothing to do from sleeping for a moment. Waking a thread
 * takes longer than all the rest of a short task there and back, so what is submitted as soon as an
 * answer has come finds its thread awake: spinning before parking, as Go's scheduler and Java's
 * ForkJoinPool do. Here the loop turns meanwhile, so timers and sockets of tasks are served.
 */
import { setImmediate } from 'node:timers'

/** About as long as the parent takes to wake, to go on with who awaited the answer, and to send more. */
const POLL_MS = 0.05

/** After a poll in vain this many are left out, after the next twice as many and one, up to the last. */
const FIRST_LEFT_OUT = 0
const MOST_LEFT_OUT = 63

export class IdlePoll {
  #isScheduled = false
  /** Until when it polls; 0 when it does not. */
  #until = 0
  /** How many polls are left out after the next one in vain, and how many have yet to be. */
  #leftOut = FIRST_LEFT_OUT
  #toLeaveOut = 0

  /** There is nothing to do. */
  start(): void {
    if (this.#toLeaveOut > 0) {
      this.#toLeaveOut -= 1
      return
    }
    this.#until = performance.now() + POLL_MS
    this.#schedule()
  }

  /** A message has come. If it was waited for, that was worth it. */
  onMessage(): void {
    if (this.#until === 0) return
    this.#until = 0
    this.#leftOut = FIRST_LEFT_OUT
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#turn) // what is due in the next turn keeps the loop from sleeping before it
  }

  readonly #turn = (): void => {
    this.#isScheduled = false
    if (this.#until === 0) return
    if (performance.now() < this.#until) {
      this.#schedule()
      return
    }
    this.#until = 0
    this.#toLeaveOut = this.#leftOut
    this.#leftOut = Math.min(2 * this.#leftOut + 1, MOST_LEFT_OUT)
  }
}
