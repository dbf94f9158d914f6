/** A count that only grows. */
import type { Arena } from '../memory/arena.ts'

/** A counter in memory, in words: whole numbers in 61 bits, and a double for what is not whole. */
const LOW = 0
const HIGH = 1
const CARRIED = 2
const REST = 2 // in doubles
export const COUNTER_BYTES = 24

/** What LOW stays below: 30 bits, so that V8 keeps it a small integer. */
const CARRY = 2 ** 30

/** The largest part that goes to HIGH at once; anything larger is no longer exact anyway. */
const LARGEST_WHOLE = Number.MAX_SAFE_INTEGER

/** See {@link MetricsRegistry.counter}. */
export class Counter {
  readonly #arena: Arena
  readonly #words: Int32Array
  readonly #rest: Float64Array
  /** What LOW stays below; when there is no room for the series, 0: nothing does. */
  readonly #limit: number

  /** For the registry. @param cell Where the data is, in words; 0 when there is no room. */
  constructor(arena: Arena, cell: number) {
    this.#arena = arena
    this.#limit = cell === 0 ? 0 : CARRY
    this.#words = cell === 0 ? new Int32Array(3) : new Int32Array(arena.buffer, cell * 4, 3)
    this.#rest = cell === 0 ? new Float64Array(1) : arena.floats(cell * 4 + REST * 8, 1)
    this.#finishCarry()
  }

  /**
   * Adds `n`, 0 or more. Anything else is not added, and counts in
   * `threeply_metrics_dropped_total`. Whole numbers are exact to 2 ** 53.
   */
  add(n = 1): void {
    const words = this.#words
    if (typeof n === 'number' && n >= 0 && (n | 0) === n) {
      const low = words[LOW]! + n
      if (low < this.#limit) {
        words[LOW] = low
        return
      }
    }
    this.#addSlowly(n)
  }

  /** A carry, one add in a thousand million; what is not whole; and what is refused. */
  #addSlowly(n: number): void {
    if (this.#limit === 0 || typeof n !== 'number' || !(n >= 0 && n <= Number.MAX_VALUE)) {
      this.#arena.drop()
      return
    }
    const words = this.#words
    const low = words[LOW]! + n
    const high = words[HIGH]! + Math.floor(low / CARRY)
    if (!Number.isInteger(n) || low > LARGEST_WHOLE || high >= CARRY) {
      this.#rest[0] = Math.min(this.#rest[0]! + n, Number.MAX_VALUE)
      return
    }
    Atomics.store(words, HIGH, high) // N1
    Atomics.store(words, LOW, low % CARRY) // N2
    Atomics.store(words, CARRIED, high) // N3
  }

  /** A thread that had this cell before may have died between N1 and N3. */
  #finishCarry(): void {
    const words = this.#words
    if (words[HIGH] === words[CARRIED]) return
    Atomics.store(words, LOW, 0)
    Atomics.store(words, CARRIED, words[HIGH]!)
  }
}

/** What a thread has counted; the letters are in memory/README.md, "Counters". */
export function readCounter({ words, doubles }: Arena, cell: number): number {
  const carried = Atomics.load(words, cell + CARRIED) // N4
  const low = Atomics.load(words, cell + LOW) // N5
  const high = Atomics.load(words, cell + HIGH) // N6
  return high * CARRY + (carried === high ? low : 0) + doubles[cell / 2 + REST]!
}
