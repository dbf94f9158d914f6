/** For how many inputs of a call there is room, and whether it stands still until outputs are taken. */
import type { AcceptedWork } from './accepted-work.ts'

export class MapRoom {
  readonly #work: AcceptedWork
  readonly #count: () => number
  /** So many inputs may be pulled before it is counted again for how many there is room. */
  #left = 0
  /** Whether there was none when it was counted last. */
  #isStarved = false
  /** Whether nothing goes on before outputs are taken: that alone must not keep the process alive. */
  #isStalled = false

  /** @param count Tells how many inputs more may be pulled; 0 or more. */
  constructor(work: AcceptedWork, count: () => number) {
    this.#work = work
    this.#count = count
  }

  /** How many inputs may be pulled, as it was counted last. */
  get left(): number {
    return this.#left
  }

  /** Whether an input may be pulled. */
  look(): boolean {
    if (this.#left > 0) return true
    this.#left = this.#count()
    this.#setStarved(this.#left === 0)
    return this.#left > 0
  }

  /** So many were pulled. */
  take(count: number): void {
    this.#left -= count
  }

  /** What inputs cost may have turned out to be more since it was counted. */
  review(): void {
    this.#setStarved(this.#count() === 0)
  }

  /** An output was taken. @returns Whether there is room again after there was none. */
  regain(): boolean {
    if (!this.#isStarved || this.#count() === 0) return false
    this.#setStarved(false)
    return true
  }

  /** Nothing is on its way. */
  stall(): void {
    if (!this.#isStarved || this.#isStalled) return
    this.#isStalled = true
    this.#work.stalled()
  }

  resume(): void {
    if (!this.#isStalled) return
    this.#isStalled = false
    this.#work.resumed()
  }

  #setStarved(isStarved: boolean): void {
    this.#isStarved = isStarved
    if (!isStarved) this.resume()
  }
}
