/**
 * The inputs of a call, one after the other, from any iterable; nothing is read before it is asked
 * for, and then in the async context of the call, wherever the message came from that made room.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, invalidOption } from '@threeply/task/runner'
import type { AliasGuard } from './alias-guard.ts'
import { within } from './within.ts'

/** How many inputs that were taken are kept, before their places are given back. */
const MOST_TAKEN = 1_024

/** What `map` and its kin take. */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>

/** Whose inputs they are. */
export interface SourceHost {
  /** There is an input after there was none, or there will be no more. */
  onInput(): void
  /** How many inputs of an async iterable to hold, at the moment. */
  mostHeld(): number
}

/**
 * How long to wait until an async iterable has closed: to the next turn, by when most have; so long
 * that only one which hangs has not; or as a loop that is left does, which waits as long as it takes,
 * but for one that may hang in the middle of a `next`.
 */
export type Patience = 'a turn' | 'a while' | 'as a loop'

const A_WHILE_MS = 500

export abstract class InputSource {
  /** How many are left, where that is known; else `Infinity`. */
  abstract readonly remaining: number
  /** Whether asking for the next input would throw, and there is none before. */
  get hasFailed(): boolean {
    return false
  }
  /** The input that `next` has found. */
  value: unknown
  /** Goes to the next input, if there is one, or one yet. Throws what the iterable throws. */
  abstract next(): boolean
  /**
   * Adds to `inputs` until they are `most`, or there are no more now, or `guard` refuses one.
   * @returns Whether it has refused one, which is `value`.
   */
  fill(inputs: unknown[], most: number, guard: AliasGuard): boolean {
    while (inputs.length < most && this.next()) {
      if (!guard.admits(this.value)) return true
      inputs.push(this.value)
    }
    return false
  }
  /** Calls `read`, which calls `next`, in the async context that this is to be read in. */
  inContext<Result>(read: () => Result): Result {
    return read()
  }
  /**
   * Asks for nothing more, and lets the iterable know. Throws or rejects with what that throws.
   * @returns What to wait for while it closes.
   */
  abstract stop(patience: Patience): Promise<void> | undefined

  /**
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: it is no iterable
   */
  static of(method: string, inputs: unknown, host: SourceHost): InputSource {
    checkInputs(method, inputs)
    if (Array.isArray(inputs)) return new ArraySource(inputs)
    if (isAsyncIterable(inputs)) {
      return new AsyncSource(checkIterator(method, inputs[Symbol.asyncIterator]()), host)
    }
    return new SyncSource(checkIterator(method, (inputs as Iterable<unknown>)[Symbol.iterator]()))
  }
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: it is no iterable */
export function checkInputs(method: string, inputs: unknown): void {
  if (isAsyncIterable(inputs)) return
  const { [Symbol.iterator]: iterator } = Object(inputs ?? {}) as Partial<Iterable<unknown>>
  if (typeof iterator === 'function') return
  throw invalidOption(method, 'inputs', inputs, 'an iterable or an async iterable')
}

function isAsyncIterable(inputs: unknown): inputs is AsyncIterable<unknown> {
  const { [Symbol.asyncIterator]: iterator } = Object(inputs ?? {}) as Partial<
    AsyncIterable<unknown>
  >
  return typeof iterator === 'function'
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: nothing can be read from it */
function checkIterator<Iterators>(method: string, iterator: Iterators): Iterators {
  const { next } = Object(iterator ?? {}) as Partial<Iterator<unknown>>
  if (typeof next === 'function') return iterator
  throw invalidOption(method, 'inputs', iterator, 'an iterable whose iterator has a `next`')
}

/** @throws {TypeError} It is none, as when a `return` was forgotten: `done` would never be seen. */
function checkResult<Result>(result: Result): Result {
  if (Object(result) === result) return result
  throw new TypeError(`the inputs' next() gave ${describe(result)}, which is no iterator result`)
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
  readonly #snapshot = AsyncLocalStorage.snapshot()
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
      const { done, value } = checkResult(this.#iterator.next())
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
    this.inContext(() => this.#iterator.return?.())
    return undefined
  }

  override inContext<Result>(read: () => Result): Result {
    return this.#snapshot(read)
  }
}

class AsyncSource extends InputSource {
  readonly #snapshot = AsyncLocalStorage.snapshot()
  readonly #iterator: AsyncIterator<unknown>
  readonly #host: SourceHost
  #inputs: unknown[] = []
  #taken = 0
  #isReading = false
  #isAtEnd = false
  #failure: { readonly error: unknown } | undefined

  constructor(iterator: AsyncIterator<unknown>, host: SourceHost) {
    super()
    this.#iterator = iterator
    this.#host = host
  }

  get remaining(): number {
    const isKnown = this.#isAtEnd && this.#failure === undefined
    return isKnown ? this.#held : Number.POSITIVE_INFINITY
  }

  override get hasFailed(): boolean {
    return this.#failure !== undefined && this.#held === 0
  }

  next(): boolean {
    const hasNext = this.#take()
    this.#readOn(hasNext ? 1 : 0)
    return hasNext
  }

  override fill(inputs: unknown[], most: number, guard: AliasGuard): boolean {
    const held = this.#held
    let isApart = false
    while (!isApart && inputs.length < most && this.#take()) {
      isApart = !guard.admits(this.value)
      if (!isApart) inputs.push(this.value)
    }
    this.#readOn(held - this.#held)
    return isApart
  }

  #take(): boolean {
    if (this.#held > 0) {
      this.value = this.#inputs[this.#taken]
      this.#taken += 1
      return true
    }
    if (this.#failure === undefined) return false
    const { error } = this.#failure
    this.#failure = undefined
    throw error
  }

  /** @param given How many were taken that the host does not count yet. */
  #readOn(given: number): void {
    if (this.#isReading || this.#isAtEnd) return
    if (this.#held + given < this.#host.mostHeld()) void this.#snapshot(() => this.#read())
  }

  stop(patience: Patience): Promise<void> | undefined {
    this.#inputs = []
    this.#taken = 0
    this.#failure = undefined
    if (this.#isAtEnd) return undefined
    this.#isAtEnd = true
    const closed = this.#snapshot(() => this.#close())
    if (patience === 'a turn') return within(0, closed)
    return patience === 'as a loop' && !this.#isReading ? closed : within(A_WHILE_MS, closed)
  }

  async #close(): Promise<void> {
    await this.#iterator.return?.()
  }

  get #held(): number {
    return this.#inputs.length - this.#taken
  }

  async #read(): Promise<void> {
    this.#isReading = true
    try {
      do {
        const result = checkResult(await this.#iterator.next())
        if (this.#isAtEnd) return
        if (result.done === true) this.#isAtEnd = true
        else this.#hold(result.value)
        if (this.#isAtEnd || this.#held === 1) this.#host.onInput()
      } while (!this.#isAtEnd && this.#held < this.#host.mostHeld())
    } catch (error) {
      if (this.#isAtEnd) return
      this.#isAtEnd = true
      this.#failure = { error }
      this.#host.onInput()
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

/**
 * All inputs at once, of a sync iterable without waiting; of an async one until they are not wanted.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: it is no iterable
 */
export function readAll(
  method: string,
  inputs: unknown,
  isWanted: () => boolean,
): unknown[] | Promise<unknown[]> {
  if (Array.isArray(inputs)) return inputs
  checkInputs(method, inputs)
  return isAsyncIterable(inputs) ? collect(inputs, isWanted) : [...(inputs as Iterable<unknown>)]
}

async function collect(
  inputs: AsyncIterable<unknown>,
  isWanted: () => boolean,
): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const input of inputs) {
    if (!isWanted()) break
    all.push(input)
  }
  return all
}
