/** Keeps a few functions queueing in what they call. */
import { ProbingLimit, type ProbingLimitOptions } from './probing-limit.ts'
import type { WindowSummary } from './sample-window.ts'

/**
 * Of those in flight, as many are queueing as run times are longer than without load; the limit
 * grows while they are fewer than `alpha`, and shrinks while they are more than `beta`. So latency
 * stays near its least: the choice where run times are steady.
 *
 * After `VegasLimit` of Netflix's concurrency-limits
 * (https://github.com/Netflix/concurrency-limits), which is after TCP Vegas: `alpha` is
 * 3 · log₁₀(limit) and `beta` twice that. Different: both are a share of a small limit, so that a
 * service for one at a time gets no queue of six; and the run time without load is measured at half
 * the limit now and then, instead of being whatever it is at the time, so that it does not creep up.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
 */
export class VegasLimit extends ProbingLimit {
  constructor(options: ProbingLimitOptions = {}) {
    super('VegasLimit', options, [])
  }

  protected override next(limit: number, window: WindowSummary, unloaded: number): number {
    const step = Math.min(Math.max(1, Math.log10(limit)), limit / 5)
    if (window.isDropped) return limit - step
    const queued = limit * (1 - unloaded / window.runTime)
    const alpha = Math.min(3 * step, limit / 5)
    const beta = 2 * alpha
    if (queued <= step) return limit + beta
    if (queued < alpha) return limit + step
    if (queued > beta && window.inFlight >= limit / 2) return limit - step
    return limit
  }
}
