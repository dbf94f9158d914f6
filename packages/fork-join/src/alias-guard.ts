/**
 * Keeps values that travel in one message as separate as if each had a message of its own.
 * Structured clone makes an object that a message holds twice into one object on the other side: two
 * tasks would then share their input, and what the first changes the second would see.
 */
import { types } from 'node:util'

/** Looking into a larger value would cost about as much as the message that is saved. */
const MAX_PARTS = 256

/** After a value that was too large so many more are taken for too large unseen; they mostly are. */
const UNSEEN = 15

export class AliasGuard {
  #seen = new Set<object>()
  readonly #maxParts: number
  #isSealed = false
  #partsLeft = 0
  #unseen = 0

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
    this.#isSealed = !this.#isKnownSeparate(value)
    return isFirst || !this.#isSealed
  }

  reset(): void {
    // A new one, as a table that has grown old would keep what it held for the collector of the young.
    if (this.#seen.size > 0) this.#seen = new Set()
    this.#isSealed = false
  }

  #isKnownSeparate(value: object): boolean {
    if (this.#unseen > 0) {
      this.#unseen -= 1
      this.#seen.add(value)
      return false
    }
    this.#partsLeft = this.#maxParts
    const isSeparate = this.#isSeparate(value)
    if (this.#partsLeft < 0) this.#unseen = UNSEEN
    return isSeparate
  }

  /** Whether nothing in `value` has been seen, as far as that can be told cheaply. It never throws. */
  #isSeparate(value: object): boolean {
    this.#partsLeft -= 1
    if (this.#partsLeft < 0 || this.#seen.has(value)) return false
    this.#seen.add(value)
    // Asked anything else, a proxy may throw.
    if (types.isProxy(value)) return false
    try {
      return this.#arePartsSeparate(value)
    } catch {
      return false // a getter threw, which `postMessage` will meet and report
    }
  }

  #arePartsSeparate(value: object): boolean {
    if (Array.isArray(value)) {
      this.#partsLeft -= value.length
      if (this.#partsLeft < 0) return false
      // By their places, as `postMessage` reads them: an array may have an iterator of its own.
      for (let place = 0; place < value.length; place += 1) {
        const part: unknown = value[place]
        if (isObject(part) && !this.#isSeparate(part)) return false
      }
      return true
    }
    if (ArrayBuffer.isView(value)) return this.#isSeparate(value.buffer)
    if (types.isAnyArrayBuffer(value)) return true
    // What is cloned of these, an enumeration does not show.
    if (types.isMap(value) || types.isSet(value) || types.isNativeError(value)) return false
    for (const key in value) {
      this.#partsLeft -= 1
      if (this.#partsLeft < 0) return false
      const part = (value as Record<string, unknown>)[key]
      if (isObject(part) && !this.#isSeparate(part)) return false
    }
    return true
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
