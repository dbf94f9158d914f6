/** A count that only grows. */
import type { Arena } from './memory/arena.ts'

/** One total, as a double: exact up to 2 ** 53, and read without tearing (memory/README.md). */
export const COUNTER_BYTES = 8

/** Recording costs about what a field does; see {@link MetricsRegistry.counter}. */
export class Counter {
  readonly #arena: Arena
  readonly #total: Float64Array
  /** What the total may reach; below 0 when there is no room for the series, so nothing fits. */
  readonly #limit: number

  /** For the registry. @param cell Where the data is, in words; 0 when there is no room. */
  constructor(arena: Arena, cell: number) {
    this.#arena = arena
    this.#total = cell === 0 ? new Float64Array(1) : arena.floats(cell * 4, 1)
    this.#limit = cell === 0 ? -1 : Number.MAX_VALUE
  }

  /**
   * Adds `n`, 0 or more. Anything else is not added, and counts in
   * `threeply_metrics_dropped_total`; so does what would go beyond the largest number.
   */
  add(n = 1): void {
    const total = this.#total
    if (typeof n === 'number' && n >= 0 && total[0]! + n <= this.#limit) total[0]! += n
    else this.#arena.drop()
  }
}

/** What a thread has counted. */
export function readCounter(arena: Arena, cell: number): number {
  return arena.doubles[cell / 2]!
}
