/**
 * Keeps values that travel in one message as separate as if each had a message of its own.
 * Structured clone makes an object that a message holds twice into one object on the other side: two
 * tasks would then share their input, and what the first changes the second would see.
 */
import { types } from 'node:util'

/** Looking into a larger value would cost more than the message that is saved. */
const MAX_PARTS = 64

export class AliasGuard {
  readonly #seen = new Set<object>()
  #isSealed = false
  readonly #maxParts: number
  #partsLeft = 0

  /** @param maxParts So much of a value is looked into; a larger one has a message to itself. */
  constructor(maxParts: number = MAX_PARTS) {
    this.#maxParts = maxParts
  }

  /**
   * Whether `value` may join those admitted since the last `reset`. The first object always may; one
   * that is refused has to wait for the next message.
   */
  admits(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return true
    if (this.#isSealed) return false
    const isFirst = this.#seen.size === 0
    this.#partsLeft = this.#maxParts
    this.#isSealed = !this.#isSeparate(value)
    return isFirst || !this.#isSealed
  }

  reset(): void {
    if (this.#seen.size > 0) this.#seen.clear()
    this.#isSealed = false
  }

  /** Whether nothing in `value` has been seen, as far as that can be told cheaply. */
  #isSeparate(value: unknown): boolean {
    this.#partsLeft -= 1
    if (this.#partsLeft < 0) return false
    if (typeof value !== 'object' || value === null) return true
    if (this.#seen.has(value)) return false
    this.#seen.add(value)
    if (Array.isArray(value)) {
      return value.length <= this.#maxParts && value.every((part) => this.#isSeparate(part))
    }
    if (ArrayBuffer.isView(value)) return this.#isSeparate(value.buffer)
    if (types.isAnyArrayBuffer(value)) return true
    if (types.isMap(value) || types.isSet(value) || types.isProxy(value)) return false
    try {
      for (const key in value) {
        if (!this.#isSeparate((value as Record<string, unknown>)[key])) return false
      }
      return true
    } catch {
      return false // a getter threw, which `postMessage` will meet and report
    }
  }
}
