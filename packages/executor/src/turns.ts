/** Whose turn it is: all the work that has something to start, by priority, and each in its turn. */

/** What can take turns: it holds its links itself, which {@link Turns} alone writes. */
export interface Turn<Self> {
  /** Higher ones go first. */
  readonly priority: number
  nextTurn: Self | undefined
  previousTurn: Self | undefined
}

/** After how many turns of others a priority gets one, however low it is. */
export const PATIENCE = 100

/**
 * Rings of work, the highest priority first. Rings are kept: most executors need one. A ring ages
 * while others have their turns, so that none starves: of `n` priorities that have work, each gets
 * a turn at the latest after `PATIENCE + n - 2` turns of the others.
 */
export class Turns<Work extends Turn<Work>> {
  readonly #rings: Ring<Work>[] = []
  /** What is alone in having something to start, as most is: each turn is its own, and costs nothing. */
  #alone: Work | undefined
  #size = 0
  /** The ring of the highest priority that has any work. */
  #top: Ring<Work> | undefined
  /** How many rings have any. */
  #filled = 0
  /** Turns given while there was more than one. */
  #given = 0
  /** No ring is too old before so many. */
  #nextDue = Number.POSITIVE_INFINITY

  get isEmpty(): boolean {
    return this.#top === undefined
  }

  /** The one whose turn it is; the turn passes on. */
  next(): Work | undefined {
    if (this.#alone !== undefined) return this.#alone
    if (this.#filled <= 1) return this.#top?.next()
    const ring = this.#given < this.#nextDue ? this.#top! : this.#oldest()
    this.#given += 1
    ring.dueAt = this.#given + PATIENCE
    return ring.next()
  }

  /** Joins at the end of the round, unless it is in it already. */
  join(work: Work): void {
    if (work.nextTurn !== undefined) return
    const ring = this.#ring(work.priority)
    if (ring.isEmpty) {
      this.#filled += 1
      ring.dueAt = this.#given + PATIENCE
      this.#nextDue = Math.min(this.#nextDue, ring.dueAt)
    }
    ring.join(work)
    if (this.#top === undefined || ring.priority > this.#top.priority) this.#top = ring
    this.#size += 1
    this.#alone = this.#size === 1 ? work : undefined
  }

  /** Leaves the round, if it is in it. */
  leave(work: Work): void {
    if (work.nextTurn === undefined) return
    const ring = this.#ring(work.priority)
    ring.leave(work)
    if (ring.isEmpty) this.#filled -= 1
    if (this.#top!.isEmpty) this.#top = this.#rings.find((ring) => !ring.isEmpty)
    this.#size -= 1
    this.#alone = this.#size === 1 ? this.#top!.next() : undefined
  }

  /** The one that has been due for longest, if any is, and else the top. */
  #oldest(): Ring<Work> {
    let oldest = this.#top!
    let nextDue = Number.POSITIVE_INFINITY
    for (const ring of this.#rings) {
      if (ring.isEmpty) continue
      nextDue = Math.min(nextDue, ring.dueAt)
      if (ring.dueAt <= this.#given && ring.dueAt < oldest.dueAt) oldest = ring
    }
    this.#nextDue = nextDue
    return oldest
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
  /** After how many turns given it is too old to wait any longer. */
  dueAt = 0
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
