/**
 * What waits for a thread: by priority, first come first served among equals. Adding and removing
 * take constant time, wherever the entry is.
 */

/**
 * One priority point is worth so many milliseconds of waiting: what waits longer goes first in the
 * end, so nothing starves.
 */
const AGEING = 10_000

/** Whether the turn of `a` is before that of `b`, which was there first. */
export function goesBefore(a: QueueEntry, b: QueueEntry): boolean {
  const waitedLonger = b.submittedAt - a.submittedAt
  return a.priority + waitedLonger / AGEING > b.priority
}

/** Something that waits; the queue links its entries through their own fields. */
export abstract class QueueEntry {
  abstract readonly priority: number
  /** When it was submitted, by `performance.now()`. */
  abstract readonly submittedAt: number
  /** @internal of the queue, as are the next two */
  level: Level | undefined = undefined
  previous: QueueEntry | undefined = undefined
  next: QueueEntry | undefined = undefined
}

/** The entries of one priority. */
interface Level {
  readonly priority: number
  first: QueueEntry | undefined
  last: QueueEntry | undefined
}

export class SubmissionQueue<Entry extends QueueEntry> {
  /** Those that are not empty. */
  readonly #levels: Level[] = []
  readonly #byPriority: boolean
  #size = 0

  /** @param options.byPriority Whether more goes first; else all are equals. @default true */
  constructor({ byPriority = true }: { readonly byPriority?: boolean } = {}) {
    this.#byPriority = byPriority
  }

  get size(): number {
    return this.#size
  }

  /** The entry whose turn it is. */
  get first(): Entry | undefined {
    if (this.#levels.length <= 1) return this.#levels[0]?.first as Entry | undefined
    const firsts = this.#levels.map(({ first }) => first as Entry)
    return firsts.reduce((a, b) => (goesBefore(b, a) ? b : a))
  }

  has(entry: Entry): boolean {
    return entry.level !== undefined
  }

  /** Adds behind those of the same priority. */
  push(entry: Entry): void {
    const level = this.#levelOf(entry)
    this.#size += 1
    entry.level = level
    entry.previous = level.last
    if (level.last === undefined) level.first = entry
    else level.last.next = entry
    level.last = entry
  }

  /** Adds before those of the same priority: an entry that had its turn already. */
  unshift(entry: Entry): void {
    const level = this.#levelOf(entry)
    this.#size += 1
    entry.level = level
    entry.next = level.first
    if (level.first === undefined) level.last = entry
    else level.first.previous = entry
    level.first = entry
  }

  remove(entry: Entry): void {
    const { level, previous, next } = entry
    if (level === undefined) return
    this.#size -= 1
    if (previous === undefined) level.first = next
    else previous.next = next
    if (next === undefined) level.last = previous
    else next.previous = previous
    entry.level = undefined
    entry.previous = undefined
    entry.next = undefined
    if (level.first === undefined && this.#levels.length > 1) {
      this.#levels.splice(this.#levels.indexOf(level), 1)
    }
  }

  /** All entries, in no order; those removed meanwhile are fine. */
  *[Symbol.iterator](): Generator<Entry> {
    for (const level of [...this.#levels]) {
      let entry = level.first
      while (entry !== undefined) {
        const { next }: QueueEntry = entry
        yield entry as Entry
        entry = next
      }
    }
  }

  #levelOf(entry: Entry): Level {
    const priority = this.#byPriority ? entry.priority : 0
    const only = this.#levels[0]
    if (only?.priority === priority) return only
    const found = this.#levels.find((level) => level.priority === priority)
    if (found !== undefined) return found
    const level: Level = { priority, first: undefined, last: undefined }
    // The last level is kept when it empties, as nearly all entries have one and the same priority.
    if (only !== undefined && only.first === undefined) this.#levels.length = 0
    this.#levels.push(level)
    return level
  }
}
