/**
 * What parent and thread know of each item in flight, in memory that both see. An item is one input
 * on its way to one thread, known by its number there: 0, 1, 2, …
 *
 * ```
 * state:   SENT when the parent sends it; then exactly one of
 *          STARTED   written by the thread, just before it calls the task
 *          WITHDRAWN written by the parent: it never runs here
 * flag:    0, or CANCELLED, written by the parent: the running task is asked to end
 * started: when the thread started its latest timed item; written by the thread alone
 *
 * Parent  P1 state = SENT, flag = 0      P2 post the item       P3 state: SENT → WITHDRAWN
 * Thread  T1 receive the item            T2 state: SENT → STARTED    T3 call the task
 * ```
 * P1 is before T2, as the message orders them. P3 and T2 are compare-and-exchange on one word, so
 * exactly one of them wins: an item that the parent has withdrawn never starts, and one that has
 * started is never sent to another thread by mistake. After a thread's death nobody else writes, and
 * the states tell what had started.
 *
 * Words are used again after {@link WINDOW} items: the parent never has more than that unanswered.
 */
import type { CancellationFlag } from '@threeply/task/runner'

/** How many items of one thread may be unanswered at once. A power of two. */
export const WINDOW = 8_192

const SENT = 0
const STARTED = 1
const WITHDRAWN = 2

const CANCELLED = 1

const FLAGS = WINDOW
const STARTED_AT = 2 * WINDOW
const WORDS = STARTED_AT + 1

/** `started` counts tenths of a millisecond, which wrap after 4 days. */
const TICKS_PER_MS = 10
const NANOSECONDS_PER_TICK = 100_000n

export class ItemStates {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array

  /** @param buffer The `buffer` of the other side; without it, a new one. */
  constructor(buffer = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** P1, for `count` items: plain writes, as posting the message publishes them. */
  prepare(first: number, count: number): void {
    const from = first & (WINDOW - 1)
    const beforeWrap = Math.min(count, WINDOW - from)
    for (const base of [0, FLAGS]) {
      this.#words.fill(0, base + from, base + from + beforeWrap)
      this.#words.fill(0, base, base + count - beforeWrap)
    }
  }

  /** P3. @returns Whether the item will never start. */
  withdraw(item: number): boolean {
    return Atomics.compareExchange(this.#words, item & (WINDOW - 1), SENT, WITHDRAWN) === SENT
  }

  /** T2. @returns Whether the item is to be run. */
  start(item: number): boolean {
    return Atomics.compareExchange(this.#words, item & (WINDOW - 1), SENT, STARTED) === SENT
  }

  hasStarted(item: number): boolean {
    return Atomics.load(this.#words, item & (WINDOW - 1)) === STARTED
  }

  /** Asks the running task to end. */
  cancel(item: number): void {
    Atomics.store(this.#words, FLAGS + (item & (WINDOW - 1)), CANCELLED)
  }

  /** Where the task reads that. */
  flag(item: number): CancellationFlag {
    return { words: this.#words, index: FLAGS + (item & (WINDOW - 1)) }
  }

  /** For the thread: a timed item starts now. */
  recordStart(): void {
    Atomics.store(this.#words, STARTED_AT, currentTick())
  }

  /** Milliseconds since the latest timed item started. */
  sinceStart(): number {
    return ((currentTick() - Atomics.load(this.#words, STARTED_AT)) >>> 0) / TICKS_PER_MS
  }
}

/** Of the clock that all threads of a process have in common. */
function currentTick(): number {
  return Number(BigInt.asIntN(32, process.hrtime.bigint() / NANOSECONDS_PER_TICK))
}
