/** Lets functions start as the rate says; when it says no, nothing starts until it says yes. */
import { Deadline } from './deadline.ts'
import type { RateLimit } from './rate-limit.ts'

export class RateGate {
  readonly #rate: RateLimit
  readonly #onChange: () => void
  #held: Deadline | undefined

  /** @param onChange Called when it shuts, and when it opens again. */
  constructor(rate: RateLimit, onChange: () => void) {
    this.#rate = rate
    this.#onChange = onChange
  }

  /** Whether nothing may start. */
  get isShut(): boolean {
    return this.#held !== undefined
  }

  /** How many functions may start now. */
  get room(): number {
    return this.isShut ? 0 : this.#rate.room(performance.now())
  }

  /** Whether one function may start; if so, it has. */
  pass(): boolean {
    const now = performance.now()
    if (this.#rate.take(now)) return true
    this.#held ??= new Deadline(this.#rate.wait(now), () => {
      this.#held = undefined
      this.#onChange()
    })
    this.#held.unref()
    this.#onChange()
    return false
  }

  /** The one that passed last has not started after all. */
  giveBack(): void {
    this.#rate.giveBack()
  }
}
