/** Whether a failed task is run again, and when: exponential back-off with jitter. */

import { retryAfter } from './retry-after.ts'
import type { RetryBudget } from './retry-budget.ts'

export type Jitter = 'full' | 'decorrelated'

export interface RetrySettings {
  readonly attempts: number
  readonly minDelay: number
  readonly maxDelay: number
  readonly jitter: Jitter
  readonly retryable: (error: unknown) => boolean
  readonly budget: RetryBudget | undefined
}

/** The attempts at one task. */
export class Retries {
  readonly #settings: RetrySettings
  #attempts = 1
  #delay: number

  constructor(settings: RetrySettings) {
    this.#settings = settings
    this.#delay = settings.minDelay
    settings.budget?.earn()
  }

  /** Which attempt this is, the first being 1. */
  get attempt(): number {
    return this.#attempts
  }

  /**
   * How long to wait before the next attempt; undefined when there is none. Full jitter: evenly
   * between `minDelay` and its double, its fourfold, and so on. Decorrelated: between `minDelay` and
   * three times the last delay. Never more than `maxDelay`, and never before the error asks for: if that
   * is later, there is none.
   */
  next(error: unknown): number | undefined {
    const { attempts, minDelay, maxDelay, jitter, retryable, budget } = this.#settings
    if (this.#attempts >= attempts || !retryable(error)) return undefined
    const asked = retryAfter(error) ?? 0
    if (asked > maxDelay || budget?.spend() === false) return undefined
    const most = jitter === 'full' ? minDelay * 2 ** this.#attempts : this.#delay * 3
    this.#delay = minDelay + Math.random() * (Math.min(maxDelay, most) - minDelay)
    this.#attempts += 1
    return Math.max(this.#delay, asked)
  }
}
