/** The outputs of a `stream` call as an async iterator that holds a bounded number of them. */
import { holdAlive, releaseAlive } from './keep-alive.ts'
import { OutputOrder, type StreamOrder } from './output-order.ts'
import type { Outputs } from './outputs.ts'

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
  /** Nobody wants more. */
  stop(reason: unknown): Promise<void>
}

interface Consumer<Output> {
  readonly resolve: (result: IteratorResult<Output, undefined>) => void
  readonly reject: (error: unknown) => void
}

export class BoundedOutputs<Output> implements Outputs, OutputStream<Output> {
  readonly #order: OutputOrder<Output>
  readonly #indexed: boolean
  readonly #room: () => number
  readonly #consumers: Consumer<Output>[] = []
  #feed: StreamFeed | undefined
  #isStarted = false
  #isFinished = false
  #failure: { readonly error: unknown } | undefined

  /** @param room How many inputs may be in flight and outputs be waiting, together. */
  constructor(
    options: { readonly order: StreamOrder; readonly indexed: boolean },
    room: () => number,
  ) {
    this.#order = new OutputOrder(options.order)
    this.#indexed = options.indexed
    this.#room = room
  }

  /** What it yields is made by `feed`; before that it is no use. */
  feedFrom(feed: StreamFeed): void {
    this.#feed = feed
  }

  hasRoom(inFlight: number): boolean {
    return inFlight + this.#order.size < this.#room()
  }

  fulfilled(index: number, output: unknown): void {
    this.#order.put(index, output as Output)
    this.#serve()
  }

  rejected(): boolean {
    return false
  }

  finished(): void {
    this.#isFinished = true
    this.#serve()
  }

  /** What can still be yielded is, and then comes the error; after an abort it comes at once. */
  failed(error: unknown, wasAborted: boolean): void {
    if (this.#isFinished) return // it was left
    if (wasAborted) this.#order.clear()
    this.#failure = { error }
    this.finished()
  }

  next(): Promise<IteratorResult<Output, undefined>> {
    return new Promise((resolve, reject) => {
      holdAlive()
      this.#consumers.push({ resolve, reject })
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
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Gives what there is to those who wait. */
  #serve(): void {
    while (this.#consumers.length > 0) {
      const taken = this.#order.take()
      if (taken === undefined && !this.#isFinished) return
      const { resolve, reject } = this.#consumers.shift()!
      releaseAlive()
      if (taken !== undefined) {
        resolve({ done: false, value: (this.#indexed ? taken : taken[1]) as Output })
        this.#feed!.roomMade()
      } else if (this.#failure !== undefined) {
        reject(this.#failure.error)
        this.#failure = undefined
      } else {
        resolve({ done: true, value: undefined })
      }
    }
  }
}
