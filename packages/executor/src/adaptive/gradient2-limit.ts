/** Shrinks by how much slower functions are than without load. */
import { invalidOption } from '@threeply/task/runner'
import { ProbingLimit, type ProbingLimitOptions } from './probing-limit.ts'
import type { WindowSummary } from './sample-window.ts'

export interface Gradient2Options extends ProbingLimitOptions {
  /** How many times slower than without load is no reason to shrink: 1 or more. @default 1.5 */
  readonly tolerance?: number | undefined
  /** How much of a lower estimate the limit takes on in a window: more than 0, up to 1. @default 0.2 */
  readonly smoothing?: number | undefined
}

/** The least that a gradient is: an outlier, or a drop, halves the estimate and no more. */
const STEEPEST = 0.5

/**
 * The gradient is the run time without load, times the tolerance, by the run time now; at most 1.
 * Where it is 1 and the limit holds work back, the limit grows by its square root, and elsewhere it
 * is multiplied by the gradient, smoothed. So a service may queue up to `tolerance` times its own
 * time: the choice where run times vary, and a little more latency does no harm.
 *
 * After `Gradient2Limit` of Netflix's concurrency-limits
 * (https://github.com/Netflix/concurrency-limits). Different: the room to grow is given only where
 * the gradient is 1, and the run time without load is measured at half the limit now and then, which
 * is their pull request 134, and why this one does not creep up under a load that lasts; a window
 * with drops has the steepest gradient; growth is not smoothed.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
 */
export class Gradient2Limit extends ProbingLimit {
  readonly #tolerance: number
  readonly #smoothing: number

  constructor(options: Gradient2Options = {}) {
    const owner = 'Gradient2Limit'
    super(owner, options, ['tolerance', 'smoothing'])
    const { tolerance = 1.5, smoothing = 0.2 } = options
    if (!(Number.isFinite(tolerance) && tolerance >= 1)) {
      throw invalidOption(owner, 'tolerance', tolerance, 'a number, 1 or more')
    }
    if (!(smoothing > 0 && smoothing <= 1)) {
      throw invalidOption(owner, 'smoothing', smoothing, 'a number, more than 0 and at most 1')
    }
    this.#tolerance = tolerance
    this.#smoothing = smoothing
  }

  protected override next(limit: number, window: WindowSummary, unloaded: number): number {
    const slope = (this.#tolerance * unloaded) / window.runTime
    const gradient = window.isDropped ? STEEPEST : Math.min(1, Math.max(STEEPEST, slope))
    if (gradient === 1) return limit + Math.sqrt(limit)
    if (window.inFlight < limit / 2) return limit // it is not the limit that makes them slow
    return limit * (1 - this.#smoothing + this.#smoothing * gradient)
  }
}
