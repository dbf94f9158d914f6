/** The outputs of a `stream` call as an async iterator; what feeds it sees to it that few wait. */
import { OutputOrder, type StreamOrder } from './output-order.ts'

/** What `stream` gives. Leaving the loop ends it; so do `return()` and `await using`. */
export interface OutputStream<Output> extends AsyncIterableIterator<Output, undefined, undefined> {
  next(): Promise<IteratorResult<Output, undefined>>
  /**
   * Stops pulling inputs and cancels what runs. Fulfilled when that has ended and the inputs have
   * been closed; rejects with what closing them throws.
   */
  return(): Promise<IteratorResult<Output, undefined>>
  [Symbol.asyncIterator](): OutputStream<Output>
  [Symbol.asyncDispose](): Promise<void>
}

/** What feeds the stream. */
export interface StreamFeed {
  /** Begins; called once, when the first output is asked for. */
  start(): void
  /** An output has been taken, so there is room for another. */
  roomMade(): void
  /** A reader waits, or none does any more. */
  awaited(isAwaited: boolean): void
  /** Nobody wants more. */
  stop(reason: unknown): Promise<void>
}

interface Reader<Output> {
  readonly resolve: (result: IteratorResult<Output, undefined>) => void
  readonly reject: (error: unknown) => void
}

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined }

export class StreamedOutputs<Output> implements OutputStream<Output> {
  readonly #order: OutputOrder<Output>
  readonly #indexed: boolean
  readonly #readers: Reader<Output>[] = []
  #feed: StreamFeed | undefined
  #isStarted = false
  #isFinished = false
  #failure: { readonly error: unknown } | undefined

  constructor(options: { readonly order: StreamOrder; readonly indexed: boolean }) {
    this.#order = new OutputOrder(options.order)
    this.#indexed = options.indexed
  }

  /** What it yields is made by `feed`; before that it is no use. */
  feedFrom(feed: StreamFeed): void {
    this.#feed = feed
  }

  /** How many outputs nobody has taken yet. */
  get waiting(): number {
    return this.#order.size
  }

  /** The output of the input at `index`. */
  put(index: number, output: Output): void {
    if (this.#isFinished) return // it was left
    this.#order.put(index, output)
    if (this.#readers.length > 0) this.#serve()
  }

  /** Drops what waits: whoever reads is to hear of a failure at once. */
  clear(): void {
    this.#order.clear()
  }

  /** There are no more outputs. What waits can still be taken. */
  finish(): void {
    this.#isFinished = true
    this.#serve()
  }

  /** There are no more outputs. What can still be taken is, and then comes the error. */
  fail(error: unknown): void {
    if (this.#isFinished) return // it was left
    this.#failure = { error }
    this.finish()
  }

  next(): Promise<IteratorResult<Output, undefined>> {
    if (this.#readers.length === 0 && this.#order.take()) return Promise.resolve(this.#taken())
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject })
      if (this.#readers.length === 1) this.#feed!.awaited(true)
      if (!this.#isStarted) {
        this.#isStarted = true
        this.#feed!.start()
      }
      this.#serve()
    })
  }

  async return(): Promise<IteratorResult<Output, undefined>> {
    const wasStarted = this.#isStarted
    this.#isStarted = true
    this.#isFinished = true
    this.#failure = undefined
    this.#order.clear()
    this.#serve()
    if (wasStarted) {
      await this.#feed!.stop(new DOMException('The stream was left by its reader', 'AbortError'))
    }
    return DONE
  }

  /**
   * Settles `other` in place of what the first reader waits for.
   * @returns How to resolve the latter; undefined while nobody waits.
   */
  settleInstead(other: {
    resolve(value: unknown): void
    reject(error: unknown): void
  }): ((value: Promise<unknown>) => void) | undefined {
    const [reader] = this.#readers
    if (reader === undefined) return undefined
    this.#readers[0] = other
    return reader.resolve as (value: unknown) => void
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Gives what there is to those who wait. */
  #serve(): void {
    while (this.#readers.length > 0) {
      const isThere = this.#order.take()
      if (!isThere && !this.#isFinished) return
      const { resolve, reject } = this.#readers.shift()!
      if (this.#readers.length === 0) this.#feed!.awaited(false)
      if (isThere) {
        resolve(this.#taken())
      } else if (this.#failure !== undefined) {
        reject(this.#failure.error)
        this.#failure = undefined
      } else {
        resolve(DONE)
      }
    }
  }

  #taken(): IteratorResult<Output, undefined> {
    const { index, output } = this.#order
    const value = (this.#indexed ? [index, output] : output) as Output
    this.#feed!.roomMade()
    return { done: false, value }
  }
}
