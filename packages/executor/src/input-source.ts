/** Any iterable as a source of inputs, pulled one at a time and only when one can run. */
import { oneTurn } from './one-turn.ts'

/** What `map` and its kin take. */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>

/** Pulled by `next` until it has ended. */
export interface InputSource<Input> {
  /** The last input. */
  readonly value: Input | undefined
  /** How many inputs there will be, where that is known. */
  readonly size: number | undefined
  /** Whether `next` need not wait. */
  readonly isReady: boolean
  /** Whether it is known that there are no more. */
  readonly hasEnded: boolean
  /** Moves on to the next input: false when there is none. Throws what the iterable throws. */
  next(): boolean
  /** Asks a source that is not ready; `onSettled` is called once it is. */
  pull(onSettled: () => void): void
  /** No more is wanted: tells the iterable, and gives what it answers. */
  close(): unknown
}

/** The source for an iterable; undefined for anything else. */
export function inputSource<Input>(inputs: Inputs<Input>): InputSource<Input> | undefined {
  if (isPlainArray(inputs)) return new ArraySource(inputs)
  if (typeof inputs === 'string') return new SyncSource<Input>(inputs as Iterable<never>)
  if (typeof inputs !== 'object' || inputs === null) return undefined
  if (Symbol.asyncIterator in inputs && inputs[Symbol.asyncIterator] != null) {
    return typeof inputs[Symbol.asyncIterator] === 'function' ? new AsyncSource(inputs) : undefined
  }
  if (Symbol.iterator in inputs && typeof inputs[Symbol.iterator] === 'function') {
    return new SyncSource(inputs)
  }
  return undefined
}

function isPlainArray<Input>(inputs: Inputs<Input>): inputs is Input[] {
  return Array.isArray(inputs) && inputs[Symbol.iterator] === Array.prototype[Symbol.iterator]
}

/** An array, without the iterator and its result objects; as there, `length` may change meanwhile. */
class ArraySource<Input> implements InputSource<Input> {
  readonly isReady = true
  value: Input | undefined = undefined
  #array: readonly Input[]
  #index = 0

  constructor(array: readonly Input[]) {
    this.#array = array
  }

  get size(): number {
    return this.#array.length
  }

  get hasEnded(): boolean {
    return this.#index >= this.#array.length
  }

  next(): boolean {
    if (this.#index >= this.#array.length) return false
    this.value = this.#array[this.#index]
    this.#index += 1
    return true
  }

  pull(): void {}

  close(): void {
    this.#array = []
  }
}

class SyncSource<Input> implements InputSource<Input> {
  readonly size = undefined
  readonly isReady = true
  value: Input | undefined = undefined
  readonly #iterable: Iterable<Input>
  #iterator: Iterator<Input> | undefined = undefined
  hasEnded = false
  #isPulling = false

  constructor(iterable: Iterable<Input>) {
    this.#iterable = iterable
  }

  next(): boolean {
    if (this.hasEnded) return false
    try {
      this.#iterator ??= this.#iterable[Symbol.iterator]()
      this.#isPulling = true
      const result = this.#iterator.next()
      this.#isPulling = false
      if (result.done) {
        this.hasEnded = true
        return false
      }
      if (this.hasEnded) {
        this.#iterator.return?.() // closed by its own code, which could not be interrupted
        return false
      }
      this.value = result.value
      return true
    } catch (error) {
      this.hasEnded = true // as in a loop, what throws is not closed as well
      throw error
    }
  }

  pull(): void {}

  close(): unknown {
    if (this.hasEnded) return undefined
    this.hasEnded = true
    return this.#isPulling ? undefined : this.#iterator?.return?.()
  }
}

/** One pull at a time, as `for await` does: many iterators do not take more. */
class AsyncSource<Input> implements InputSource<Input> {
  readonly size = undefined
  value: Input | undefined = undefined
  readonly #iterable: AsyncIterable<Input>
  #iterator: AsyncIterator<Input> | undefined = undefined
  #isPulling = false
  hasEnded = false
  #hasValue = false
  #pulled: Promise<void> | undefined = undefined
  #failure: { readonly error: unknown } | undefined = undefined

  constructor(iterable: AsyncIterable<Input>) {
    this.#iterable = iterable
  }

  get isReady(): boolean {
    return this.#hasValue || this.hasEnded
  }

  next(): boolean {
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    const hadValue = this.#hasValue
    this.#hasValue = false
    return hadValue
  }

  pull(onSettled: () => void): void {
    if (this.#isPulling || this.isReady) return
    this.#isPulling = true
    this.#pulled = this.#result().then(
      (result) => {
        this.#isPulling = false
        if (result.done) this.hasEnded = true
        else if (!this.hasEnded) {
          this.value = result.value
          this.#hasValue = true
        }
        onSettled()
      },
      (error: unknown) => {
        this.#isPulling = false
        if (!this.hasEnded) this.#failure = { error }
        this.hasEnded = true
        onSettled()
      },
    )
  }

  close(): unknown {
    if (this.hasEnded) return undefined
    this.hasEnded = true
    this.#hasValue = false
    return this.#iterator === undefined ? undefined : this.#close()
  }

  /** An iterator may answer only when its pending pull has settled, which it may never do. */
  async #close(): Promise<void> {
    const answer = this.#return()
    if (this.#isPulling) await Promise.race([this.#pulled, oneTurn()])
    if (!this.#isPulling) return answer
    answer.catch(() => {}) // nobody waits for it
  }

  async #result(): Promise<IteratorResult<Input>> {
    this.#iterator ??= this.#iterable[Symbol.asyncIterator]()
    const result = await this.#iterator.next()
    if (typeof result !== 'object' || result === null) {
      throw new TypeError(`An async iterator gave ${String(result)} where a result object belongs`)
    }
    return result
  }

  async #return(): Promise<void> {
    await this.#iterator?.return?.()
  }
}
