/**
 * What parent and thread know of each item in flight, in memory that both see. An item is one input
 * on its way to one thread, known by its number there: 0, 1, 2, …
 *
 * ```
 * state:   SENT when the parent sends it; then exactly one of
 *          STARTED   written by the thread, just before it calls the task
 *          WITHDRAWN written by the parent: it never runs here
 *          and after STARTED, all written by the thread, the last three only if the task forks,
 *          AWAITED   when its function has returned a promise, and the thread does other things
 *          FORKED    at its first fork, before any later item starts
 *          RESUMED   when it has heard that its children have ended; FORKED again when it forks again
 *          ENDED     when it and its children have ended, before its answer is posted
 * flag:    0, or CANCELLED, written by the parent: the running task is asked to end
 * started: when the thread started it, if it has a timeout; written by the thread before T2
 *
 * Parent  P1 state = SENT, flag = 0      P2 post the item       P3 state: SENT → WITHDRAWN
 * Thread  T1 receive the item            T2 state: SENT → STARTED    T3 call the task
 *         T4 state = FORKED              T5 start a later item       T6 state = ENDED
 * ```
 * P1 is before T2, as the message orders them. P3 and T2 are compare-and-exchange on one word, so
 * exactly one of them wins: an item that the parent has withdrawn never starts, and one that has
 * started is never sent to another thread by mistake. After a thread's death nobody else writes, and
 * the states tell what had started.
 *
 * Which started items are still running? One that is FORKED or RESUMED is, one that is ENDED is not.
 * One that is STARTED or AWAITED is unless a later item has started: T5 waits until it has ended, or
 * T4 came before.
 *
 * An item's words are on the page of its number. There are two pages, used in turn, since the parent
 * never has more than {@link PAGE} items without a place in the answers: when it comes to a page
 * again, all items of its last use have ended or have forked. These keep their words for as long as
 * they live, so a page that has any is not used again: a new one takes its place, and both sides hold
 * the old one through its items.
 */
import type { CancellationFlag } from '@threeply/task/runner'
import { MAX_CHUNKS, MAX_INPUTS } from './message-limits.ts'

/** How many items a page has, and how many of one thread may be unanswered at once; a power of two. */
export const PAGE: number = MAX_CHUNKS * MAX_INPUTS
const PAGE_BITS = Math.log2(PAGE)

const SENT = 0
const STARTED = 1
const WITHDRAWN = 2
const FORKED = 3
const ENDED = 4
const AWAITED = 5
const RESUMED = 6

const CANCELLED = 1

const FLAGS = PAGE
const STARTED_AT = 2 * PAGE
const WORDS = 3 * PAGE

/** `started` counts tenths of a millisecond, which wrap after 4 days. */
const TICKS_PER_MS = 10
const NANOSECONDS_PER_TICK = 100_000n

/** A page that the thread does not have yet, and which of its two it replaces. */
export type FreshPage = readonly [side: number, buffer: SharedArrayBuffer]

/** The words of one item, for as long as it lives. */
export class ItemState implements CancellationFlag {
  readonly words: Int32Array
  /** Of the flag. */
  readonly index: number

  constructor(words: Int32Array, place: number) {
    this.words = words
    this.index = FLAGS + place
  }

  get hasStarted(): boolean {
    return hasStarted(Atomics.load(this.words, this.index - FLAGS))
  }

  /** Whether it runs, and later items may have started. */
  get isForked(): boolean {
    const state = Atomics.load(this.words, this.index - FLAGS)
    return state === FORKED || state === RESUMED
  }

  /** Whether it has forked, and has not heard yet that no child is left. */
  get isParked(): boolean {
    return Atomics.load(this.words, this.index - FLAGS) === FORKED
  }

  /** Whether it has forked, and ended since. */
  get hasEnded(): boolean {
    return Atomics.load(this.words, this.index - FLAGS) === ENDED
  }

  /** T4. */
  fork(): void {
    Atomics.store(this.words, this.index - FLAGS, FORKED)
  }

  /** No child is left. */
  resume(): void {
    Atomics.store(this.words, this.index - FLAGS, RESUMED)
  }

  /** T6. */
  end(): void {
    Atomics.store(this.words, this.index - FLAGS, ENDED)
  }

  /** Asks the running task to end. */
  cancel(): void {
    Atomics.store(this.words, this.index, CANCELLED)
  }

  /** For the thread, before T2: the item, which has a timeout, starts now. Whoever sees that it has, sees when. */
  recordStart(): void {
    Atomics.store(this.words, this.index - FLAGS + STARTED_AT, currentTick())
  }

  /** Milliseconds since that. */
  sinceStart(): number {
    const startedAt = Atomics.load(this.words, this.index - FLAGS + STARTED_AT)
    return ((currentTick() - startedAt) >>> 0) / TICKS_PER_MS
  }
}

/** The pages of both sides; each has its own instance. */
export class ItemStates {
  readonly #pages: Int32Array[] = []
  /** For the parent: the number of the page that was prepared last, and what is to become of each. */
  #newest = -1
  readonly #isPinned = [true, true]
  #fresh: FreshPage | undefined

  /** For the parent: the page that has to go to the thread with the items that were prepared. */
  get fresh(): FreshPage | undefined {
    return this.#fresh
  }

  /** For the parent: the thread will have it. */
  delivered(): void {
    this.#fresh = undefined
  }

  /** For the thread: it has come. All items before have started, or are answered. */
  install([side, buffer]: FreshPage): void {
    this.#pages[side] = new Int32Array(buffer)
  }

  /** P1, for `count` items: plain writes, as posting the message publishes them. */
  prepare(first: number, count: number): void {
    const last = first + count - 1
    this.#enter(Math.floor(first / PAGE))
    this.#enter(Math.floor(last / PAGE))
    const from = first & (PAGE - 1)
    const beforeWrap = Math.min(count, PAGE - from)
    for (const base of [0, FLAGS]) {
      this.#pageOf(first).fill(0, base + from, base + from + beforeWrap)
      this.#pageOf(last).fill(0, base, base + count - beforeWrap)
    }
  }

  /** For the parent: the item has forked, so its page is not used again. */
  pin(item: number): void {
    this.#isPinned[(item >>> PAGE_BITS) & 1] = true
  }

  /** P3. @returns Whether the item will never start. */
  withdraw(item: number): boolean {
    const page = this.#pageOf(item)
    return Atomics.compareExchange(page, item & (PAGE - 1), SENT, WITHDRAWN) === SENT
  }

  /** T2. @returns Whether the item is to be run. */
  start(item: number): boolean {
    return Atomics.compareExchange(this.#pageOf(item), item & (PAGE - 1), SENT, STARTED) === SENT
  }

  /** For the thread: its function, which has not forked, has returned a promise. */
  await(item: number): void {
    Atomics.store(this.#pageOf(item), item & (PAGE - 1), AWAITED)
  }

  /** Whether its function has the thread, and has not returned yet, or only just. */
  isComputing(item: number): boolean {
    return Atomics.load(this.#pageOf(item), item & (PAGE - 1)) === STARTED
  }

  hasStarted(item: number): boolean {
    return hasStarted(Atomics.load(this.#pageOf(item), item & (PAGE - 1)))
  }

  /** The words of an item that is in flight; they stay the item's when it forks. */
  at(item: number): ItemState {
    return new ItemState(this.#pageOf(item), item & (PAGE - 1))
  }

  #pageOf(item: number): Int32Array {
    return this.#pages[(item >>> PAGE_BITS) & 1]!
  }

  #enter(page: number): void {
    if (page <= this.#newest) return
    this.#newest = page
    const side = page & 1
    if (!this.#isPinned[side]) return
    this.#isPinned[side] = false
    const buffer = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)
    this.#fresh = [side, buffer]
    this.install(this.#fresh)
  }
}

function hasStarted(state: number): boolean {
  return state !== SENT && state !== WITHDRAWN
}

/** Of the clock that all threads of a process have in common. */
function currentTick(): number {
  return Number(BigInt.asIntN(32, process.hrtime.bigint() / NANOSECONDS_PER_TICK))
}
