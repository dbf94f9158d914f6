/** Who did what from when to when: a ring of spans for each thread. */

import type { Arena } from '../memory/arena.ts'
import type { Directory, Series } from '../memory/directory.ts'
import type { Span } from '../snapshot/snapshot.ts'
import { now } from './clock.ts'
import { fromWords, highWord, lowWord } from './double-words.ts'

/** The ring in memory, in words: what only the owner uses, and then the spans. */
const PLACE = 0
const SEQUENCE = 1
const THREAD = 2
const RING_HEAD = 4

/** A span in memory, in words. */
const SPAN_SEQUENCE = 0
const NAME = 1
const ORIGIN = 2 // the thread, and in the two lowest bits what of the last two there is
const START = 3
const END = 5
const ID = 7
const PARENT = 9
const SPAN = 12
const HAS_ID = 1
const HAS_PARENT = 2

/** What else a span may say. */
export interface SpanLinks {
  readonly id?: number | undefined
  /** The `id` of the span that it belongs to. */
  readonly parent?: number | undefined
}

const NO_LINKS: SpanLinks = {}

export function timelineBytes({ capacity }: Series): number {
  return (RING_HEAD + capacity * SPAN) * 4
}

/** See {@link MetricsRegistry.timeline}. */
export class Timeline {
  readonly #arena: Arena
  readonly #directory: Directory
  readonly #thread: number
  readonly #capacity: number
  /** Empty when there is no room for it. */
  readonly #ring: Int32Array

  /** For the registry. @param cell Where the data is, in words; 0 when there is no room. */
  constructor(
    arena: Arena,
    cell: number,
    owner: {
      readonly directory: Directory
      readonly thread: number
      readonly capacity: number
    },
  ) {
    this.#arena = arena
    this.#directory = owner.directory
    this.#thread = owner.thread
    this.#capacity = owner.capacity
    this.#ring = cell === 0 ? new Int32Array(0) : ringOf(arena, cell, owner.capacity)
    if (cell !== 0) Atomics.store(this.#ring, THREAD, owner.thread)
  }

  /** Milliseconds since 1970, with fractions; one clock for all threads of a registry. */
  now(): number {
    return now()
  }

  /**
   * Records that `name` went on from `start` to `end`, times of {@link now}. The oldest span of
   * this thread gives way when the ring is full. Names are kept for ever: use few. A span that ends
   * before it starts, or whose times or links are no finite numbers, is not recorded and counts in
   * `threeply_metrics_dropped_total`.
   */
  record(name: string, start: number, end: number, links: SpanLinks = NO_LINKS): void {
    const { id, parent } = links ?? NO_LINKS
    const isGood =
      this.#ring.length > 0 &&
      typeof name === 'string' &&
      Number.isFinite(start) &&
      Number.isFinite(end) &&
      end >= start &&
      (id === undefined || Number.isFinite(id)) &&
      (parent === undefined || Number.isFinite(parent))
    const span = isGood ? this.#directory.spanId(name) : 0
    if (span === 0) this.#arena.drop()
    else this.#write(span, start, end, id, parent)
  }

  /** The letters are the steps of the protocol in memory/README.md, "Timelines". */
  #write(
    name: number,
    start: number,
    end: number,
    id: number | undefined,
    parent: number | undefined,
  ): void {
    const ring = this.#ring
    const place = ring[PLACE]!
    const sequence = ring[SEQUENCE]!
    const at = RING_HEAD + place * SPAN
    let origin = this.#thread << 2
    if (id !== undefined) origin |= HAS_ID
    if (parent !== undefined) origin |= HAS_PARENT
    Atomics.store(ring, at + SPAN_SEQUENCE, sequence + 1) // T1
    Atomics.store(ring, at + NAME, name) // T2, and so on
    Atomics.store(ring, at + ORIGIN, origin)
    storeDouble(ring, at + START, start)
    storeDouble(ring, at + END, end)
    if (id !== undefined) storeDouble(ring, at + ID, id)
    if (parent !== undefined) storeDouble(ring, at + PARENT, parent)
    Atomics.store(ring, at + SPAN_SEQUENCE, sequence + 2) // T3
    if (place + 1 < this.#capacity) {
      ring[PLACE] = place + 1
    } else {
      ring[SEQUENCE] = sequence + 2
      ring[PLACE] = 0
    }
  }
}

/** A ring as a reader sees it. */
export interface RingReading {
  /** The thread that records into it now, or did last. */
  readonly thread: number
  /** In the order in which they were recorded. */
  readonly spans: readonly { readonly thread: number; readonly span: Span }[]
  readonly dropped: number
}

/** Reads a ring while its thread goes on recording; no span is ever half of one and half of another. */
export function readTimeline(
  arena: Arena,
  cell: number,
  { capacity, directory }: { readonly capacity: number; readonly directory: Directory },
): RingReading {
  const ring = ringOf(arena, cell, capacity)
  const recorded = countRecorded(ring, capacity) // R1
  const spans: { thread: number; span: Span }[] = []
  for (let index = Math.max(0, recorded - capacity); index < recorded; index += 1) {
    const place = index % capacity
    const sequence = 2 * ((index - place) / capacity) + 2
    const at = RING_HEAD + place * SPAN
    if (Atomics.load(ring, at + SPAN_SEQUENCE) !== sequence) continue // R2
    const name = Atomics.load(ring, at + NAME) // R3, and so on
    const origin = Atomics.load(ring, at + ORIGIN)
    const span = {
      start: loadDouble(ring, at + START),
      end: loadDouble(ring, at + END),
      ...(origin & HAS_ID ? { id: loadDouble(ring, at + ID) } : {}),
      ...(origin & HAS_PARENT ? { parent: loadDouble(ring, at + PARENT) } : {}),
    }
    if (Atomics.load(ring, at + SPAN_SEQUENCE) !== sequence) continue // R4
    spans.push({ thread: origin >> 2, span: { name: directory.spanName(name) ?? '', ...span } })
  }
  return { thread: Atomics.load(ring, THREAD), spans, dropped: recorded - spans.length }
}

/** How many spans have been recorded whole: all before the newest that is seen to be. */
function countRecorded(ring: Int32Array, capacity: number): number {
  let recorded = 0
  for (let place = 0; place < capacity; place += 1) {
    const sequence = Atomics.load(ring, RING_HEAD + place * SPAN + SPAN_SEQUENCE)
    const rounds = sequence >> 1 // how often this place has been written whole
    const isBeingWritten = (sequence & 1) === 1
    if (rounds === 0 && !isBeingWritten) break // nothing was ever written from here on
    const before = isBeingWritten ? rounds * capacity + place : (rounds - 1) * capacity + place + 1
    recorded = Math.max(recorded, before)
  }
  return recorded
}

function ringOf(arena: Arena, cell: number, capacity: number): Int32Array {
  return new Int32Array(arena.buffer, cell * 4, RING_HEAD + capacity * SPAN)
}

function storeDouble(ring: Int32Array, at: number, double: number): void {
  Atomics.store(ring, at, highWord(double))
  Atomics.store(ring, at + 1, lowWord(double))
}

function loadDouble(ring: Int32Array, at: number): number {
  return fromWords(Atomics.load(ring, at), Atomics.load(ring, at + 1)) + 0 // no -0, which JSON lacks
}
