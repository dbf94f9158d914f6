/** The inputs of a call, one after the other, from any iterable; nothing is read before it is asked for. */
import { invalidOption } from '@threeply/task/runner'

/** How many inputs that were taken are kept, before their places are given back. */
const MOST_TAKEN = 1_024

export abstract class InputSource {
  /** How many are left, where that is known; else `Infinity`. */
  abstract readonly remaining: number
  /** The input that `next` has found. */
  value: unknown
  /** Goes to the next input, if there is one, or one yet. Throws what the iterable throws. */
  abstract next(): boolean
  /**
   * Asks for nothing more, and lets the iterable know.
   * @returns What to wait for while it closes, which is not for long; it never rejects.
   */
  abstract stop(): Promise<void> | undefined

  /**
   * @param onInput Called when there is an input after there was none, or when there will be no more.
   * @param readAhead How many inputs of an async iterable to hold.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: it is no iterable
   */
  static of(
    method: string,
    inputs: unknown,
    onInput: () => void,
    readAhead: () => number,
  ): InputSource {
    if (Array.isArray(inputs)) return new ArraySource(inputs)
    const iterable = Object(inputs) as Partial<AsyncIterable<unknown> & Iterable<unknown>>
    if (typeof iterable[Symbol.asyncIterator] === 'function') {
      return new AsyncSource(iterable[Symbol.asyncIterator]!(), onInput, readAhead)
    }
    if (
      inputs !== null &&
      inputs !== undefined &&
      typeof iterable[Symbol.iterator] === 'function'
    ) {
      return new SyncSource(iterable[Symbol.iterator]!())
    }
    throw invalidOption(method, 'inputs', inputs, 'an iterable or an async iterable')
  }
}

class ArraySource extends InputSource {
  readonly #inputs: readonly unknown[]
  #index = 0

  constructor(inputs: readonly unknown[]) {
    super()
    this.#inputs = inputs
  }

  get remaining(): number {
    return Math.max(0, this.#inputs.length - this.#index)
  }

  next(): boolean {
    if (this.#index >= this.#inputs.length) return false
    this.value = this.#inputs[this.#index]
    this.#index += 1
    return true
  }

  stop(): undefined {
    this.#index = Number.POSITIVE_INFINITY
  }
}

class SyncSource extends InputSource {
  readonly #iterator: Iterator<unknown>
  #isExhausted = false
  #isReading = false
  #isUnwanted = false

  constructor(iterator: Iterator<unknown>) {
    super()
    this.#iterator = iterator
  }

  get remaining(): number {
    return this.#isExhausted ? 0 : Number.POSITIVE_INFINITY
  }

  next(): boolean {
    if (this.#isExhausted) return false
    this.#isReading = true
    try {
      const { done, value } = this.#iterator.next()
      this.value = value
      if (done === true) this.#isExhausted = true
      return done !== true
    } catch (error) {
      this.#isExhausted = true
      throw error
    } finally {
      this.#isReading = false
      if (this.#isUnwanted) this.stop()
    }
  }

  stop(): undefined {
    this.#isUnwanted = true
    // A generator that aborts its own call is still running, and cannot be closed before it has paused.
    if (this.#isExhausted || this.#isReading) return undefined
    this.#isExhausted = true
    try {
      this.#iterator.return?.()
    } catch {
      // The call ends with another error already, which goes first, as in a `for` loop.
    }
    return undefined
  }
}

class AsyncSource extends InputSource {
  readonly #iterator: AsyncIterator<unknown>
  readonly #onInput: () => void
  readonly #readAhead: () => number
  #inputs: unknown[] = []
  #taken = 0
  #isReading = false
  #isAtEnd = false
  #failure: { readonly error: unknown } | undefined

  constructor(iterator: AsyncIterator<unknown>, onInput: () => void, readAhead: () => number) {
    super()
    this.#iterator = iterator
    this.#onInput = onInput
    this.#readAhead = readAhead
  }

  get remaining(): number {
    const isKnown = this.#isAtEnd && this.#failure === undefined
    return isKnown ? this.#held : Number.POSITIVE_INFINITY
  }

  next(): boolean {
    const hasNext = this.#held > 0
    if (hasNext) {
      this.value = this.#inputs[this.#taken]
      this.#taken += 1
    } else if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    if (!this.#isReading && !this.#isAtEnd && this.#held < this.#readAhead()) void this.#read()
    return hasNext
  }

  stop(): Promise<void> | undefined {
    this.#inputs = []
    this.#taken = 0
    this.#failure = undefined
    if (this.#isAtEnd) return undefined
    this.#isAtEnd = true
    // One that is in the middle of an endless `next` cannot close, and must not keep anyone waiting.
    return Promise.race([this.#close(), new Promise<void>((resolve) => setImmediate(resolve))])
  }

  async #close(): Promise<void> {
    try {
      await this.#iterator.return?.()
    } catch {
      // The call ends with another error already, which goes first, as in a `for` loop.
    }
  }

  get #held(): number {
    return this.#inputs.length - this.#taken
  }

  async #read(): Promise<void> {
    this.#isReading = true
    try {
      do {
        const result = await this.#iterator.next()
        if (this.#isAtEnd) return
        if (result.done === true) this.#isAtEnd = true
        else this.#hold(result.value)
        if (this.#isAtEnd || this.#held === 1) this.#onInput()
      } while (!this.#isAtEnd && this.#held < this.#readAhead())
    } catch (error) {
      if (this.#isAtEnd) return
      this.#isAtEnd = true
      this.#failure = { error }
      this.#onInput()
    } finally {
      this.#isReading = false
    }
  }

  #hold(input: unknown): void {
    if (this.#taken === this.#inputs.length || this.#taken >= MOST_TAKEN) {
      this.#inputs.splice(0, this.#taken)
      this.#taken = 0
    }
    this.#inputs.push(input)
  }
}
