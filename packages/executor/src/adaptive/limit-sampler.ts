/** Between the lanes and what adapts their limit. */
import { invalidOption } from '@threeply/task/runner'
import { OWNER } from '../option-checks.ts'
import type { AdaptiveLimit } from './adaptive-limit.ts'

/** Why a function was told to stop: by its caller, which says nothing of what it called. */
export type WhyCancelled = 'cancelled' | 'timed-out' | undefined

/** How a function has ended. */
export interface SampledEnd {
  readonly inFlight: number
  readonly isLimiting: boolean
  readonly failure: { readonly error: unknown } | undefined
  readonly whyCancelled: WhyCancelled
}

export class LimitSampler {
  readonly #limit: AdaptiveLimit
  #concurrency: number
  readonly #onChange: (concurrency: number) => void

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: `concurrency` is out of its bounds */
  constructor(limit: AdaptiveLimit, concurrency: number, onChange: (concurrency: number) => void) {
    this.#limit = limit
    this.#limit.limit = concurrency
    this.#concurrency = this.#read()
    this.#onChange = onChange
  }

  get concurrency(): number {
    return this.#concurrency
  }

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: it is out of its bounds */
  set concurrency(concurrency: number) {
    this.#limit.limit = concurrency
    this.#follow()
  }

  ended(startedAt: number, end: SampledEnd): void {
    const { inFlight, isLimiting, failure, whyCancelled } = end
    if (whyCancelled === 'cancelled') return
    const runTime = performance.now() - startedAt
    const isTimedOut = whyCancelled === 'timed-out'
    const limit = this.#limit
    try {
      const isDropped = isTimedOut || (failure !== undefined && this.#isDrop(failure.error))
      if (failure !== undefined && !isDropped) return
      limit.onSample({ startedAt, runTime, inFlight, isLimiting, isDropped })
      this.#follow()
    } catch (error) {
      process.nextTick(() => {
        throw error // as what a listener throws: the task must not suffer, nor the error get lost
      })
    }
  }

  #isDrop(error: unknown): boolean {
    return this.#limit.isDrop?.(error) ?? true
  }

  #follow(): void {
    const concurrency = this.#read()
    if (concurrency === this.#concurrency) return
    this.#concurrency = concurrency
    this.#onChange(concurrency)
  }

  #read(): number {
    const { limit } = this.#limit
    if (limit >= 1) return Math.floor(limit)
    throw invalidOption(OWNER, 'adaptive.limit', limit, 'a number of 1 or more')
  }
}
