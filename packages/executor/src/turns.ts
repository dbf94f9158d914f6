/** Whose turn it is: all the work that has something to start, by priority, and each in its turn. */

/** What can take turns: it holds its links itself, which {@link Turns} alone writes. */
export interface Turn<Self> {
  /** Higher ones go first. */
  readonly priority: number
  nextTurn: Self | undefined
  previousTurn: Self | undefined
}

/** Rings of work, the highest priority first. Rings are kept: most executors need one. */
export class Turns<Work extends Turn<Work>> {
  readonly #rings: Ring<Work>[] = []
  /** The ring of the highest priority that has any work. */
  #top: Ring<Work> | undefined

  get isEmpty(): boolean {
    return this.#top === undefined
  }

  /** The one whose turn it is; the turn passes on. */
  next(): Work | undefined {
    return this.#top?.next()
  }

  /** Joins at the end of the round, unless it is in it already. */
  join(work: Work): void {
    if (work.nextTurn !== undefined) return
    const ring = this.#ring(work.priority)
    ring.join(work)
    if (this.#top === undefined || ring.priority > this.#top.priority) this.#top = ring
  }

  /** Leaves the round, if it is in it. */
  leave(work: Work): void {
    if (work.nextTurn === undefined) return
    this.#ring(work.priority).leave(work)
    if (this.#top!.isEmpty) this.#top = this.#rings.find((ring) => !ring.isEmpty)
  }

  #ring(priority: number): Ring<Work> {
    const place = this.#rings.findIndex((ring) => ring.priority <= priority)
    const found = this.#rings[place]
    if (found?.priority === priority) return found
    const ring = new Ring<Work>(priority)
    this.#rings.splice(place === -1 ? this.#rings.length : place, 0, ring)
    return ring
  }
}

/**
 * Taking turns is what keeps a large map from starving a small one, or a `run`. A ring of links in
 * the work itself, so that a turn is one step, and joining and leaving are too.
 */
class Ring<Work extends Turn<Work>> {
  readonly priority: number
  #next: Work | undefined

  constructor(priority: number) {
    this.priority = priority
  }

  get isEmpty(): boolean {
    return this.#next === undefined
  }

  next(): Work | undefined {
    const work = this.#next
    if (work !== undefined) this.#next = work.nextTurn
    return work
  }

  join(work: Work): void {
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

  leave(work: Work): void {
    const nextTurn = work.nextTurn!
    const previousTurn = work.previousTurn!
    previousTurn.nextTurn = nextTurn
    nextTurn.previousTurn = previousTurn
    if (this.#next === work) this.#next = nextTurn === work ? undefined : nextTurn
    work.nextTurn = undefined
    work.previousTurn = undefined
  }
}
