/** Tells when the heap of this thread has outgrown a limit. */
import { getHeapStatistics } from 'node:v8'

export class HeapWatch {
  readonly #limit: number
  #hasExceeded = false

  /** @param limit In bytes; `Infinity` costs nothing. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether it is so for the first time. Costs about a microsecond. */
  exceedsNow(): boolean {
    if (this.#limit === Number.POSITIVE_INFINITY || this.#hasExceeded) return false
    this.#hasExceeded = getHeapStatistics().used_heap_size > this.#limit
    return this.#hasExceeded
  }
}
