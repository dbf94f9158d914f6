/** A source of inputs that tells how many were pulled, and whether it was closed. */
import { turns } from './latch.ts'

/** More than any lazy runner pulls: what pulls an infinite source dry is stopped here. */
const TOO_MANY = 1_000_000

export class CountedInputs {
  pulled = 0
  /** It was pulled to its end, or whoever pulled called `return`. */
  closed = false
  readonly #length: number
  readonly #thrown: Error | undefined

  /** @param thrown What the source throws after `length` inputs, instead of ending. */
  constructor(length = Number.POSITIVE_INFINITY, thrown?: Error) {
    this.#length = length
    this.#thrown = thrown
  }

  *sync(input: (index: number) => unknown = (index) => index): Generator<unknown> {
    try {
      while (this.pulled < this.#length) yield input(this.#pull())
      if (this.#thrown !== undefined) throw this.#thrown
    } finally {
      this.closed = true
    }
  }

  async *async(input: (index: number) => unknown = (index) => index): AsyncGenerator<unknown> {
    try {
      while (this.pulled < this.#length) {
        await null
        yield input(this.#pull())
      }
      if (this.#thrown !== undefined) throw this.#thrown
    } finally {
      this.closed = true
    }
  }

  /** Waits until nobody has pulled for a while. */
  async quiet(): Promise<void> {
    for (let seen = -1; seen !== this.pulled; ) {
      seen = this.pulled
      await turns()
    }
  }

  #pull(): number {
    if (this.pulled >= TOO_MANY) throw new Error(`pulled ${TOO_MANY} inputs that nobody can need`)
    this.pulled += 1
    return this.pulled - 1
  }
}
