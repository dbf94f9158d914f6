/** What one thread records: a list of cells, one a series, that it alone writes. */
import { threadId } from 'node:worker_threads'
import type { Arena } from './arena.ts'
import { Directory, type Series } from './directory.ts'

/** A shard in memory, in 32-bit words from its start. */
const NEXT = 0
const OWNER = 1
const GENERATION = 2
const SHARER = 3
const FIRST_CELL = 4
const SLOT = 5
const SHARD_BYTES = 32

/** Whose a shard is: nobody's, given to a thread that has not opened it, or that of thread `owner - 1`. */
const FREE = 0
const GIVEN = -1
const ownedBy = (thread: number): number => thread + 1

/** A cell in memory: a link to the next one, the series that it is of, and then its data. */
const NEXT_CELL = 0
const SERIES = 1
const CELL_HEAD = 2

/** Where in the arena, in words, the data of one series and one thread is. */
export interface Cell {
  /** The series' id. */
  readonly series: number
  readonly data: number
}

/** Where a shard is, and which of its owners is meant. */
export interface ShardAddress {
  readonly shard: number
  readonly generation: number
}

/**
 * One thread's part of the arena. See README.md here, "Shards", for the protocol: the letters are
 * its steps.
 */
export class Shard {
  readonly arena: Arena
  readonly directory: Directory
  /** Where it is, in words; 0 when there was no room for it, and then it has no cells. */
  readonly at: number
  readonly #cells = new Map<number, number>()
  /** The word that links to the cell after the last one known. */
  #tail: number

  private constructor(arena: Arena, at: number) {
    this.arena = arena
    this.directory = new Directory(arena)
    this.at = at
    this.#tail = at + FIRST_CELL
  }

  /** The first shard of new memory. */
  static found(arena: Arena): Shard {
    const { shard } = give(arena, 0)
    Atomics.store(arena.words, shard + OWNER, ownedBy(threadId))
    return new Shard(arena, shard)
  }

  /**
   * Opens a shard that was given to this thread.
   * @returns Nothing when it is another thread's, or was retired.
   */
  static open(arena: Arena, { shard, generation }: ShardAddress): Shard | undefined {
    if (shard === 0) return new Shard(arena, 0)
    if (!isShard(arena, shard)) return undefined
    const { words } = arena
    const me = ownedBy(threadId)
    const owner = Atomics.compareExchange(words, shard + OWNER, GIVEN, me) // S4
    if (owner !== GIVEN && owner !== me) return undefined
    if (Atomics.load(words, shard + GENERATION) !== generation) return undefined
    return new Shard(arena, shard)
  }

  /** A place that stays low however many threads come and go: that of an ended one is used again. */
  get slot(): number {
    return this.at === 0 ? -1 : this.arena.words[this.at + SLOT]!
  }

  /** A shard for another thread. */
  give(): ShardAddress {
    return give(this.arena, this.at)
  }

  /**
   * This thread's cell of a series, made and zeroed when there is none.
   * @returns Where its data is, in words; 0 when there is no room.
   */
  cell(series: Series, bytes: number): number {
    if (this.at === 0) return 0
    const known = this.#find(series.id)
    if (known !== 0) return known
    const block = this.arena.allocate(CELL_HEAD * 4 + bytes) / 4
    if (block === 0) return 0
    const { words } = this.arena
    words[block + SERIES] = series.id // C1
    Atomics.store(words, this.#tail, block) // C2
    return this.#find(series.id)
  }

  /** The cells of every thread's shard, those of ended ones included. */
  *everyCell(): Iterable<Cell> {
    for (const shard of shards(this.arena)) yield* cellsFrom(this.arena, shard + FIRST_CELL)
  }

  /**
   * Takes a shard back from a thread that has ended, and those that it had given on, for the next
   * threads to go on from: what was counted stays counted. Nothing when it was retired before.
   * @param farewell What to do with each cell while it is nobody's.
   */
  retire({ shard, generation }: ShardAddress, farewell: (cell: Cell) => void): void {
    if (shard === 0 || !isShard(this.arena, shard)) return
    const { words } = this.arena
    const next = (generation + 1) | 0
    if (Atomics.compareExchange(words, shard + GENERATION, generation, next) !== generation) return // S5
    for (const other of shards(this.arena)) {
      if (Atomics.load(words, other + SHARER) !== shard) continue
      if (Atomics.load(words, other + OWNER) === FREE) continue
      this.retire({ shard: other, generation: Atomics.load(words, other + GENERATION) }, farewell)
    }
    for (const cell of cellsFrom(this.arena, shard + FIRST_CELL)) farewell(cell)
    Atomics.store(words, shard + SHARER, 0)
    Atomics.store(words, shard + OWNER, FREE) // S6
  }

  #find(id: number): number {
    for (const { series, data } of cellsFrom(this.arena, this.#tail)) {
      this.#cells.set(series, data)
      this.#tail = data - CELL_HEAD + NEXT_CELL
    }
    return this.#cells.get(id) ?? 0
  }
}

function give(arena: Arena, sharer: number): ShardAddress {
  const { words } = arena
  let last = arena.firstShard
  let slot = 0
  for (;;) {
    for (let at = Atomics.load(words, last); at !== 0; at = Atomics.load(words, last)) {
      if (Atomics.compareExchange(words, at + OWNER, FREE, GIVEN) === FREE) {
        Atomics.store(words, at + SHARER, sharer) // S1
        return { shard: at, generation: Atomics.load(words, at + GENERATION) }
      }
      last = at + NEXT
      slot += 1
    }
    const at = arena.allocate(SHARD_BYTES) / 4
    if (at === 0) return { shard: 0, generation: 0 }
    words[at + OWNER] = GIVEN
    words[at + SHARER] = sharer
    words[at + SLOT] = slot // S2
    if (Atomics.compareExchange(words, last, 0, at) === 0) return { shard: at, generation: 0 } // S3
  }
}

/** Tells a shard from what somebody made up. */
function isShard(arena: Arena, at: number): boolean {
  for (const shard of shards(arena)) if (shard === at) return true
  return false
}

function* shards({ words, firstShard }: Arena): Iterable<number> {
  for (let at = Atomics.load(words, firstShard); at !== 0; at = Atomics.load(words, at + NEXT)) {
    yield at
  }
}

function* cellsFrom({ words }: Arena, link: number): Iterable<Cell> {
  for (let at = Atomics.load(words, link); at !== 0; at = Atomics.load(words, at + NEXT_CELL)) {
    yield { series: words[at + SERIES]!, data: at + CELL_HEAD }
  }
}
