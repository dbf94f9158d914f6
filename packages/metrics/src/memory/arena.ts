/** The one block of growable shared memory in which all threads of a registry allocate. */

import { types } from 'node:util'

/** Where things are in the header, in 32-bit words; the last two in 64-bit ones. */
const MAGIC = 0
const NEXT_FREE = 1
const FIRST_SHARD = 2
const FIRST_ENTRY = 3
const SERIES_PER_NAME = 4
const DROPPED = 3 // 64-bit, as is the one below
const IDENTITY = 4
const HEADER_BYTES = 64

const MAGIC_NUMBER = 0x3_9179 // tells our memory from anybody else's

/** How much the memory grows at a time: pages that nobody has touched cost nothing. */
const GROWTH_BYTES = 64 * 1024

/** `SharedArrayBuffer` as Node 20 and later have it; the library of ES2023 lacks the growable part. */
interface GrowableBuffer extends SharedArrayBuffer {
  readonly maxByteLength: number
  readonly growable: boolean
  grow(newByteLength: number): void
}

interface GrowableBufferConstructor {
  new (byteLength: number, options: { maxByteLength: number }): GrowableBuffer
}

/** What an arena is made with. */
export interface ArenaSettings {
  readonly limitBytes: number
  readonly seriesPerName: number
}

/**
 * Memory that is taken and never given back: a block, once published, stays where it is for ever,
 * so that a reader needs no lock. Any thread may allocate.
 *
 * `words` and `doubles` follow the growth, and are slow (16 ns an access instead of 3): they are
 * for reading and for setting up. What records takes a view of fixed length from `floats`.
 */
export class Arena {
  readonly buffer: SharedArrayBuffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly #growable: GrowableBuffer
  readonly #dropped: BigInt64Array

  private constructor(buffer: GrowableBuffer) {
    this.buffer = buffer
    this.#growable = buffer
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    this.#dropped = new BigInt64Array(buffer, DROPPED * 8, 1)
  }

  static make({ limitBytes, seriesPerName }: ArenaSettings): Arena {
    const Growable = SharedArrayBuffer as unknown as GrowableBufferConstructor
    const arena = new Arena(new Growable(GROWTH_BYTES, { maxByteLength: limitBytes }))
    arena.words[MAGIC] = MAGIC_NUMBER
    arena.words[NEXT_FREE] = HEADER_BYTES
    arena.words[SERIES_PER_NAME] = seriesPerName
    arena.doubles[IDENTITY] = Math.random()
    return arena
  }

  /** Opens memory that another thread sent; nothing when it is no arena. */
  static open(buffer: unknown): Arena | undefined {
    if (!types.isSharedArrayBuffer(buffer)) return undefined
    const { growable, byteLength } = buffer as GrowableBuffer
    if (!growable || byteLength < HEADER_BYTES) return undefined
    const arena = new Arena(buffer as GrowableBuffer)
    return arena.words[MAGIC] === MAGIC_NUMBER ? arena : undefined
  }

  get seriesPerName(): number {
    return this.words[SERIES_PER_NAME]!
  }

  /** The same for every thread's view of this memory, and for no other memory. */
  get identity(): number {
    return this.doubles[IDENTITY]!
  }

  /** The word that links to the first shard. */
  get firstShard(): number {
    return FIRST_SHARD
  }

  /** The word that links to the first entry of the directory. */
  get firstEntry(): number {
    return FIRST_ENTRY
  }

  /** How many recordings were refused, by any thread. */
  get dropped(): number {
    return Number(Atomics.load(this.#dropped, 0))
  }

  /** Counts a refused recording. Any thread, also one that has no shard. */
  drop(): void {
    Atomics.add(this.#dropped, 0, 1n)
  }

  /**
   * Takes zeroed bytes, aligned to 8.
   * @returns Where they are, in bytes; 0 when the memory is full.
   */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / 8) * 8
    for (;;) {
      const at = Atomics.load(this.words, NEXT_FREE)
      const end = at + size
      // Grown before it is taken: a block that is taken exists.
      if (end > this.#growable.byteLength && !this.#grow(end)) return 0
      if (Atomics.compareExchange(this.words, NEXT_FREE, at, end) === at) return at
    }
  }

  /** A view of fixed length, as fast as one on memory that cannot grow. */
  floats(at: number, length: number): Float64Array {
    return new Float64Array(this.buffer, at, length)
  }

  #grow(end: number): boolean {
    const buffer = this.#growable
    if (end > buffer.maxByteLength) return false
    const rounded = Math.ceil(end / GROWTH_BYTES) * GROWTH_BYTES
    try {
      buffer.grow(Math.min(rounded, buffer.maxByteLength))
    } catch (error) {
      // Another thread has grown it further meanwhile; else the system has no memory left.
      if (!(error instanceof RangeError)) throw error
    }
    return end <= buffer.byteLength
  }
}
