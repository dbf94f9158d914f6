/** Whose turn it is: a ring of all the work that has something to start, each in its turn. */
import type { Work } from './lanes.ts'

/**
 * Taking turns is what keeps a large map from starving a small one, or a `run`. A ring of links in
 * the work itself, so that a turn is one step, and joining and leaving are too.
 */
export class Turns {
  #next: Work | undefined

  get isEmpty(): boolean {
    return this.#next === undefined
  }

  /** The one whose turn it is; the turn passes on. */
  next(): Work | undefined {
    const work = this.#next
    if (work !== undefined) this.#next = work.nextTurn
    return work
  }

  /** Joins at the end of the round, unless it is in it already. */
  join(work: Work): void {
    if (work.nextTurn !== undefined) return
    const first = this.#next
    if (first === undefined) {
      work.nextTurn = work
      work.previousTurn = work
      this.#next = work
      return
    }
    const last = first.previousTurn!
    work.previousTurn = last
    work.nextTurn = first
    last.nextTurn = work
    first.previousTurn = work
  }

  /** Leaves the round, if it is in it. */
  leave(work: Work): void {
    const { nextTurn, previousTurn } = work
    if (nextTurn === undefined) return
    previousTurn!.nextTurn = nextTurn
    nextTurn.previousTurn = previousTurn
    if (this.#next === work) this.#next = nextTurn === work ? undefined : nextTurn
    work.nextTurn = undefined
    work.previousTurn = undefined
  }
}
