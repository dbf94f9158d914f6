/** What becomes of the outputs of a call that has many inputs: collected, settled; streamed elsewhere. */

/** Where the outputs of one call go. */
export interface Outputs {
  /** So many inputs were pulled. @returns The place of what the first gives; the others follow. */
  open(count: number): number
  fulfil(index: number, output: unknown): void
  /** Whether a failure is one of the outputs, instead of the end of the call. */
  readonly takeFailures: boolean
  /** Only of those that take failures. */
  reject(index: number, error: unknown): void
  /** How many inputs more may be pulled, when so many are on their way; 0 or more. */
  room(inFlight: number): number
  /** All inputs have been run. */
  finish(): void
  /** The call is going to fail, once what runs has ended. @param isAborted By its caller, or by its timeout. */
  failing(isAborted: boolean): void
  /** The call has failed. */
  fail(error: unknown): void
}

/** How a call's promise is settled. */
export interface Settlement<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

/** For more than so many outputs room is made when they come. */
const MOST_AWAITED = 2 ** 24

/** Outputs in the order of the inputs, all at once. */
abstract class AllOutputs<Item> implements Outputs {
  protected readonly items: (Item | undefined)[] = []
  readonly #settlement: Settlement<Item[]>
  readonly #awaited: number
  #opened = 0
  abstract readonly takeFailures: boolean

  /** @param awaited How many outputs there will be, as far as that is known. */
  constructor(settlement: Settlement<Item[]>, awaited: number) {
    this.#settlement = settlement
    this.#awaited = awaited <= MOST_AWAITED ? awaited : 0
  }

  open(count: number): number {
    const first = this.#opened
    this.#opened += count
    // At once for all of them: growing would copy them again and again.
    if (this.#opened > this.items.length) this.items.length = Math.max(this.#opened, this.#awaited)
    return first
  }

  abstract fulfil(index: number, output: unknown): void
  abstract reject(index: number, error: unknown): void

  room(): number {
    return Number.POSITIVE_INFINITY
  }

  finish(): void {
    this.items.length = this.#opened
    this.#settlement.resolve(this.items as Item[])
  }

  failing(): void {}

  fail(error: unknown): void {
    this.#settlement.reject(error)
  }
}

/** For `map`. */
export class CollectedOutputs extends AllOutputs<unknown> {
  readonly takeFailures = false

  fulfil(index: number, output: unknown): void {
    this.items[index] = output
  }

  reject(): void {}
}

/** For `mapSettled`. */
export class SettledOutputs extends AllOutputs<PromiseSettledResult<unknown>> {
  readonly takeFailures = true

  fulfil(index: number, value: unknown): void {
    this.items[index] = { status: 'fulfilled', value }
  }

  reject(index: number, reason: unknown): void {
    this.items[index] = { status: 'rejected', reason }
  }
}
