/**
 * What waits for a thread: by priority, first come first served among equals. Adding and removing take
 * constant time, wherever the entry is, while all entries have one priority; with more of them, time
 * that grows with the logarithm of how many there are (a binary heap, Williams 1964).
 */

/**
 * One priority point is worth so many milliseconds of waiting: what waits longer goes first in the
 * end, so nothing starves.
 */
const AGEING = 10_000

/** Whether the turn of `a` is before that of `b`, which was there first. */
export function goesBefore(a: QueueEntry, b: QueueEntry): boolean {
  return rank(a) > rank(b)
}

/** The higher, the sooner. All gain the same by waiting, so time does not change who is before whom. */
function rank({ priority, submittedAt }: QueueEntry): number {
  return priority - submittedAt / AGEING
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
  /** Where it is in the heap. */
  place: number
}

export class SubmissionQueue<Entry extends QueueEntry> {
  /**
   * A heap: the first entry of a level goes before those of the two at twice its place and one or two
   * more. None is empty, but for the last, which is kept, as nearly all entries have one priority.
   */
  readonly #heap: Level[] = []
  readonly #levels = new Map<number, Level>()
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
    return this.#heap[0]?.first as Entry | undefined
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
    if (level.last !== undefined) level.last.next = entry
    level.last = entry
    if (level.first !== undefined) return
    level.first = entry
    this.#moved(level)
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
    this.#moved(level)
  }

  remove(entry: Entry): void {
    const { level, previous, next } = entry
    if (level === undefined) return
    this.#size -= 1
    if (previous !== undefined) previous.next = next
    if (next === undefined) level.last = previous
    else next.previous = previous
    entry.level = undefined
    entry.previous = undefined
    entry.next = undefined
    if (previous !== undefined) return
    level.first = next
    if (next !== undefined) this.#moved(level)
    else if (this.#heap.length > 1) this.#drop(level)
  }

  /** All entries, in no order; those removed meanwhile are fine. */
  *[Symbol.iterator](): Generator<Entry> {
    for (const level of [...this.#heap]) {
      let entry = level.first
      while (entry !== undefined) {
        const { next }: QueueEntry = entry
        yield entry as Entry
        entry = next
      }
    }
  }

  /** Of the entry's priority; an empty one is not in its place yet. */
  #levelOf(entry: Entry): Level {
    const priority = this.#byPriority ? entry.priority : 0
    const [only] = this.#heap
    if (only?.priority === priority) return only
    const found = this.#levels.get(priority)
    if (found !== undefined) return found
    if (only !== undefined && only.first === undefined) this.#drop(only)
    const level: Level = { priority, first: undefined, last: undefined, place: this.#heap.length }
    this.#levels.set(priority, level)
    this.#heap.push(level)
    return level
  }

  #drop(level: Level): void {
    this.#levels.delete(level.priority)
    const last = this.#heap.pop()!
    if (last === level) return
    this.#put(last, level.place)
    this.#moved(last)
  }

  /** Its first entry is another one than before. */
  #moved(level: Level): void {
    if (this.#heap.length === 1) return
    this.#rise(level)
    this.#sink(level)
  }

  #rise(level: Level): void {
    while (level.place > 0) {
      const above = this.#heap[(level.place - 1) >> 1]!
      if (!goesBefore(level.first!, above.first!)) return
      this.#swap(level, above)
    }
  }

  #sink(level: Level): void {
    for (;;) {
      const left = this.#heap[2 * level.place + 1]
      const right = this.#heap[2 * level.place + 2]
      if (left === undefined) return
      const isRightFirst = right !== undefined && goesBefore(right.first!, left.first!)
      const below = isRightFirst ? right : left
      if (!goesBefore(below.first!, level.first!)) return
      this.#swap(below, level)
    }
  }

  /** @param a Goes before `b`, where that is. */
  #swap(a: Level, b: Level): void {
    const { place } = b
    this.#put(b, a.place)
    this.#put(a, place)
  }

  #put(level: Level, place: number): void {
    level.place = place
    this.#heap[place] = level
  }
}
