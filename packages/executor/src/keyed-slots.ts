/** A limit for each key under the global one, such as connections to one host. */

/** What one key has. Forgotten when nothing of it runs or waits. */
export class KeySlots<Line> {
  readonly key: unknown
  readonly #limit: number
  /** Its lines by priority. */
  readonly lines = new Map<number, Line>()
  /** Calls that are not settled. */
  open = 0
  running = 0
  /** Calls in its lines. */
  queued = 0

  constructor(key: unknown, limit: number) {
    this.key = key
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.running >= this.#limit
  }

  /** Calls in its lines that have to wait for others of the key, though there were slots for all. */
  get heldUp(): number {
    return Math.max(0, this.queued - Math.max(0, this.#limit - this.running))
  }
}

export class KeyedSlots<Line> {
  readonly #limit: number
  readonly #keys = new Map<unknown, KeySlots<Line>>()
  #heldUp = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined for what has no key, and where keys have no limit. */
  of(key: unknown): KeySlots<Line> | undefined {
    if (key === undefined || this.#limit === Number.POSITIVE_INFINITY) return undefined
    let slots = this.#keys.get(key)
    if (slots === undefined) {
      slots = new KeySlots<Line>(key, this.#limit)
      this.#keys.set(key, slots)
    }
    return slots
  }

  /** What {@link KeySlots.heldUp} is for all keys together. */
  get heldUp(): number {
    return this.#heldUp
  }

  /** So many more of a key are in its lines, and so many more run. */
  count(slots: KeySlots<Line>, queued: number, running: number): void {
    this.#heldUp -= slots.heldUp
    slots.queued += queued
    slots.running += running
    this.#heldUp += slots.heldUp
  }

  forgetIfIdle(slots: KeySlots<Line>): void {
    if (slots.open === 0 && slots.running === 0) this.#keys.delete(slots.key)
  }

  /** The lines of all keys. */
  *lines(): Generator<Line> {
    for (const slots of this.#keys.values()) yield* slots.lines.values()
  }
}
