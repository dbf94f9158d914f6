/** A value that goes up and down. */
import type { Arena } from '../memory/arena.ts'

/** The value, and how it came about; both doubles. */
const VALUE = 0
const STATE = 1
export const GAUGE_BYTES = 16

/** Only added to: a difference, which others may rely on, so it outlives its thread. */
const ADDED = 0
/** Set: what a thread says of itself, which goes with the thread. */
const SET = 1
/** Set by a thread that has been retired. */
const LEFT = 2

/** Each thread has a value of its own; a snapshot has their sum. See {@link MetricsRegistry.gauge}. */
export class Gauge {
  readonly #arena: Arena
  readonly #cell: Float64Array
  readonly #hasRoom: boolean

  /** For the registry. @param cell Where the data is, in words; 0 when there is no room. */
  constructor(arena: Arena, cell: number) {
    this.#arena = arena
    this.#hasRoom = cell !== 0
    this.#cell = cell === 0 ? new Float64Array(2) : arena.floats(cell * 4, 2)
    if (this.#cell[STATE] === LEFT) this.#cell[STATE] = ADDED
  }

  /**
   * Sets this thread's share of the value; those of other threads are added to it. It is forgotten
   * when the thread is retired. What is not finite is not recorded and counts as dropped.
   */
  set(value: number): void {
    if (!this.#hasRoom || !Number.isFinite(value)) {
      this.#arena.drop()
      return
    }
    this.#cell[VALUE] = value
    this.#cell[STATE] = SET
  }

  /**
   * Adds `n`, which may be negative, to this thread's share. A gauge that a thread has only added
   * to is a difference: one thread may add and another subtract, and it stays when they end. What
   * is not finite, or would make the value so, is not recorded and counts as dropped.
   */
  add(n: number): void {
    const next = typeof n === 'number' ? this.#cell[VALUE]! + n : Number.NaN
    if (this.#hasRoom && Number.isFinite(next)) this.#cell[VALUE] = next
    else this.#arena.drop()
  }
}

/** A thread's share; nothing when a thread that is gone had set it. */
export function readGauge(arena: Arena, cell: number): number | undefined {
  return arena.doubles[cell / 2 + STATE] === LEFT ? undefined : arena.doubles[cell / 2 + VALUE]!
}

/** Forgets what a thread that has ended had set. */
export function forgetGauge(arena: Arena, cell: number): void {
  if (arena.doubles[cell / 2 + STATE] !== SET) return
  arena.doubles[cell / 2 + STATE] = LEFT
  arena.doubles[cell / 2 + VALUE] = 0
}
