/** In which order a stream yields: as outputs complete, or as their inputs came. */

export type StreamOrder = 'completion' | 'input'

/** Outputs that nobody has taken yet. */
export class OutputOrder<Output> {
  readonly #order: StreamOrder
  readonly #waiting = new Map<number, readonly [index: number, output: Output]>()
  #completed = 0
  #taken = 0

  constructor(order: StreamOrder) {
    this.#order = order
  }

  get size(): number {
    return this.#waiting.size
  }

  put(index: number, output: Output): void {
    this.#waiting.set(this.#order === 'input' ? index : this.#completed, [index, output])
    this.#completed += 1
  }

  /** The next in order, unless it is still to come. */
  take(): readonly [index: number, output: Output] | undefined {
    const next = this.#waiting.get(this.#taken)
    if (next === undefined) return undefined
    this.#waiting.delete(this.#taken)
    this.#taken += 1
    return next
  }

  clear(): void {
    this.#waiting.clear()
  }
}
