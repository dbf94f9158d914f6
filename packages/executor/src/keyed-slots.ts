/** A limit for each key under the global one, such as connections to one host. */
import type { RunLine } from './run-line.ts'

/** What one key has. Forgotten when nothing of it runs or waits. */
export class KeySlots {
  readonly key: unknown
  readonly #limit: number
  /** Its lines by priority. */
  readonly lines = new Map<number, RunLine>()
  /** Calls that are not settled. */
  open = 0
  running = 0

  constructor(key: unknown, limit: number) {
    this.key = key
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.running >= this.#limit
  }
}

export class KeyedSlots {
  readonly #limit: number
  readonly #keys = new Map<unknown, KeySlots>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined for what has no key, and where keys have no limit. */
  of(key: unknown): KeySlots | undefined {
    if (key === undefined || this.#limit === Number.POSITIVE_INFINITY) return undefined
    let slots = this.#keys.get(key)
    if (slots === undefined) {
      slots = new KeySlots(key, this.#limit)
      this.#keys.set(key, slots)
    }
    return slots
  }

  forgetIfIdle(slots: KeySlots): void {
    if (slots.open === 0 && slots.running === 0) this.#keys.delete(slots.key)
  }

  /** The lines of all keys. */
  *lines(): Generator<RunLine> {
    for (const slots of this.#keys.values()) yield* slots.lines.values()
  }
}
