/** In which order a stream yields: as outputs complete, or as their inputs came. */

export type StreamOrder = 'completion' | 'input'

/** The place of an output that is still to come. */
const NONE = -1

/** A power of two; the ring grows when it is full. */
const FIRST_CAPACITY = 16

/** Outputs that nobody has taken yet, in a ring: the next to be taken is in slot `taken & mask`. */
export class OutputOrder<Output> {
  /** What `take` has found, and the place of its input. */
  output: Output | undefined = undefined
  index: number = NONE
  readonly #isByInput: boolean
  #outputs: (Output | undefined)[] = []
  /** Of each output of the ring. */
  #indices: number[] = []
  #completed = 0
  #taken = 0
  #size = 0

  constructor(order: StreamOrder) {
    this.#isByInput = order === 'input'
    this.#makeRing(FIRST_CAPACITY)
  }

  get size(): number {
    return this.#size
  }

  put(index: number, output: Output): void {
    const turn = this.#isByInput ? index : this.#completed
    this.#completed += 1
    if (turn - this.#taken >= this.#indices.length) this.#grow(turn - this.#taken)
    const slot = turn & (this.#indices.length - 1)
    this.#outputs[slot] = output
    this.#indices[slot] = index
    this.#size += 1
  }

  /** @returns Whether the next in order is there; then it is in `output`. */
  take(): boolean {
    const slot = this.#taken & (this.#indices.length - 1)
    const index = this.#indices[slot]!
    if (index === NONE) return false
    this.output = this.#outputs[slot]
    this.index = index
    this.#outputs[slot] = undefined
    this.#indices[slot] = NONE
    this.#taken += 1
    this.#size -= 1
    return true
  }

  /** Forgets what waits; those that come later are not in order any more. */
  clear(): void {
    this.output = undefined
    this.#size = 0
    this.#makeRing(FIRST_CAPACITY)
  }

  #makeRing(capacity: number): void {
    this.#outputs = new Array(capacity).fill(undefined)
    this.#indices = new Array(capacity).fill(NONE)
  }

  #grow(distance: number): void {
    const outputs = this.#outputs
    const indices = this.#indices
    const { length } = indices
    let capacity = 2 * length
    while (capacity <= distance) capacity *= 2
    this.#makeRing(capacity)
    for (let turn = this.#taken; turn < this.#taken + length; turn += 1) {
      this.#outputs[turn & (capacity - 1)] = outputs[turn & (length - 1)]
      this.#indices[turn & (capacity - 1)] = indices[turn & (length - 1)]!
    }
  }
}
