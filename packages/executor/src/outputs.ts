/** What becomes of the outputs of a call: collected, settled, dropped; `output-stream.ts` yields them. */

/** Where the outputs of one call go. */
export interface Outputs {
  /** Whether another input may be started. Asked only of those that are bounded. */
  hasRoom(inFlight: number): boolean
  fulfilled(index: number, output: unknown): void
  /** Whether a failure is one of the outputs, instead of the end of the call. */
  rejected(index: number, error: unknown): boolean
  /** All inputs have been run. */
  finished(count: number): void
  /** The call has failed. Functions still run for it if it `wasAborted`, else none do. */
  failed(error: unknown, wasAborted: boolean): void
}

/** How a call's promise is settled. */
export interface Settlement<Value> {
  resolve: (value: Value) => void
  reject: (error: unknown) => void
}

/** Longer arrays than this are slow when made at once: V8 makes them hash tables. */
const LONGEST_AT_ONCE = 2 ** 24

/** For `map`. */
export class CollectedOutputs<Output> implements Outputs {
  readonly #outputs: Output[]
  readonly #settlement: Settlement<Output[]>

  constructor(size: number | undefined, settlement: Settlement<Output[]>) {
    this.#outputs = emptyArray(size)
    this.#settlement = settlement
  }

  hasRoom(): boolean {
    return true
  }

  fulfilled(index: number, output: unknown): void {
    this.#outputs[index] = output as Output
  }

  rejected(): boolean {
    return false
  }

  finished(count: number): void {
    this.#outputs.length = count // an array may have become shorter meanwhile
    this.#settlement.resolve(this.#outputs)
  }

  failed(error: unknown): void {
    this.#outputs.length = 0
    this.#settlement.reject(error)
  }
}

/** For `mapSettled`. */
export class SettledOutputs<Output> implements Outputs {
  readonly #results: PromiseSettledResult<Output>[]
  readonly #settlement: Settlement<PromiseSettledResult<Output>[]>

  constructor(size: number | undefined, settlement: Settlement<PromiseSettledResult<Output>[]>) {
    this.#results = emptyArray(size)
    this.#settlement = settlement
  }

  hasRoom(): boolean {
    return true
  }

  fulfilled(index: number, output: unknown): void {
    this.#results[index] = { status: 'fulfilled', value: output as Output }
  }

  rejected(index: number, reason: unknown): boolean {
    this.#results[index] = { status: 'rejected', reason }
    return true
  }

  finished(count: number): void {
    this.#results.length = count
    this.#settlement.resolve(this.#results)
  }

  failed(error: unknown): void {
    this.#results.length = 0
    this.#settlement.reject(error)
  }
}

/** For `forEach`. */
export class DroppedOutputs implements Outputs {
  readonly #settlement: Settlement<void>

  constructor(_size: number | undefined, settlement: Settlement<void>) {
    this.#settlement = settlement
  }

  hasRoom(): boolean {
    return true
  }

  fulfilled(): void {}

  rejected(): boolean {
    return false
  }

  finished(): void {
    this.#settlement.resolve()
  }

  failed(error: unknown): void {
    this.#settlement.reject(error)
  }
}

function emptyArray<Item>(size: number | undefined): Item[] {
  return size !== undefined && size <= LONGEST_AT_ONCE ? new Array(size) : []
}
