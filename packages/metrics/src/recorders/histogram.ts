/** How values are distributed: log-linear buckets, mergeable, within 1/64 of the true value. */

import type { Arena } from '../memory/arena.ts'
import type { HistogramBucket, HistogramValue } from '../snapshot/snapshot.ts'
import { bucketOf, lowerBound, upperBound } from './histogram-buckets.ts'

/** Sum, smallest and largest as doubles, and then the table of chunks. */
const SUM = 0
const MIN = 1
const MAX = 2
const VALUES = 4 // one is spare

/**
 * Buckets come in chunks of 128, which is four powers of two, and a chunk only when a value falls
 * in it. Real values span a few, all doubles 512.
 */
const CHUNK_BITS = 7
const CHUNK = 1 << CHUNK_BITS
const CHUNKS = 1 << (16 - CHUNK_BITS)

export const HISTOGRAM_BYTES = VALUES * 8 + CHUNKS * 4

/** Recording costs a few nanoseconds; see {@link MetricsRegistry.histogram}. */
export class Histogram {
  readonly #arena: Arena
  readonly #values: Float64Array
  /** Where the chunks are, in words; 0 where there is none yet. What a reader goes by. */
  readonly #table: Int32Array
  /** The chunks that this thread has used. */
  readonly #chunks: (Float64Array | undefined)[] = new Array(CHUNKS).fill(undefined)
  /** The largest value; below 0 when there is no room for the series, so nothing fits. */
  readonly #limit: number

  /** For the registry. @param cell Where the data is, in words; 0 when there is no room. */
  constructor(arena: Arena, cell: number) {
    this.#arena = arena
    this.#limit = cell === 0 ? -1 : Number.MAX_VALUE
    this.#values = cell === 0 ? new Float64Array(VALUES) : arena.floats(cell * 4, VALUES)
    this.#table = tableOf(arena, cell)
    if (this.#table.every((chunk) => chunk === 0)) {
      this.#values[MIN] = Number.POSITIVE_INFINITY // nobody reads it before there is a bucket
    }
  }

  /**
   * Records a value of 0 or more, in the unit of the histogram. Anything else is not recorded, and
   * counts in `threeply_metrics_dropped_total`.
   * @param count How many there are of it: a whole number above 0.
   */
  record(value: number, count = 1): void {
    const isGood = typeof value === 'number' && value >= 0 && value <= this.#limit
    if (!isGood || (count !== 1 && !isCount(count))) {
      this.#arena.drop()
      return
    }
    const bucket = bucketOf(value)
    const chunk = this.#chunks[bucket >>> CHUNK_BITS] ?? this.#open(bucket >>> CHUNK_BITS)
    if (chunk === undefined) {
      this.#arena.drop()
      return
    }
    const values = this.#values
    values[SUM]! += value * count
    if (value < values[MIN]!) values[MIN] = value
    if (value > values[MAX]!) values[MAX] = value
    chunk[bucket & (CHUNK - 1)]! += count
  }

  /** A chunk that this thread uses for the first time; nothing when the memory is full. */
  #open(index: number): Float64Array | undefined {
    const at = this.#table[index] || this.#arena.allocate(CHUNK * 8) / 4
    if (at === 0) return undefined
    Atomics.store(this.#table, index, at)
    this.#chunks[index] = this.#arena.floats(at * 4, CHUNK)
    return this.#chunks[index]
  }
}

/** Adds up the cells of several threads. */
export class HistogramSum {
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0
  readonly #counts = new Map<number, number>()

  add(arena: Arena, cell: number): void {
    const values = arena.floats(cell * 4, VALUES)
    const [sum = 0, min = 0, max = 0] = values
    this.#sum += sum
    const table = tableOf(arena, cell)
    let first = -1
    let last = -1
    for (let index = 0; index < CHUNKS; index += 1) {
      const at = Atomics.load(table, index)
      if (at === 0) continue
      const chunk = arena.floats(at * 4, CHUNK)
      for (let place = 0; place < CHUNK; place += 1) {
        const count = chunk[place]!
        if (count === 0) continue
        const bucket = (index << CHUNK_BITS) + place
        if (first < 0) first = bucket
        last = bucket
        this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count)
      }
    }
    if (first < 0) return
    // A value may be half recorded; its bucket is what counts, and the bounds follow it.
    this.#min = Math.min(this.#min, within(min, first))
    this.#max = Math.max(this.#max, within(max, last))
  }

  value(): HistogramValue {
    const buckets: HistogramBucket[] = []
    let total = 0
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      buckets.push({ lower: lowerBound(bucket), upper: upperBound(bucket), count })
      total += count
    }
    const sum = Math.min(this.#sum, Number.MAX_VALUE) // JSON has no infinity
    return { count: total, sum, min: total === 0 ? 0 : this.#min, max: this.#max, buckets }
  }
}

function isCount(count: unknown): boolean {
  return Number.isSafeInteger(count) && (count as number) > 0
}

function tableOf(arena: Arena, cell: number): Int32Array {
  if (cell === 0) return new Int32Array(CHUNKS)
  return new Int32Array(arena.buffer, cell * 4 + VALUES * 8, CHUNKS)
}

function within(value: number, bucket: number): number {
  return bucketOf(value) === bucket ? value + 0 : lowerBound(bucket) // no -0, which JSON lacks
}
