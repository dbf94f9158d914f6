/** One clock for all threads: milliseconds since 1970 that neither jump nor drift apart. */

/** How often the two clocks are read together; the closest pair of readings is kept. */
const READINGS = 5

/**
 * `performance.timeOrigin` is read from the wall clock when a thread starts, so after an adjustment
 * two threads disagree. The monotonic clock underneath is the same for all: the registry's first
 * thread fixes the time since 1970 once, and every thread counts from there.
 */
export class Clock {
  /** From `performance.now()` of this thread to the shared clock. */
  readonly #offset: number

  /** @param epoch What the shared clock is ahead of the monotonic one, in milliseconds. */
  constructor(epoch: number) {
    this.#offset = epoch + monotonicAhead()
  }

  now(): number {
    return performance.now() + this.#offset
  }
}

/** The `epoch` for a new registry. */
export function presentEpoch(): number {
  return performance.timeOrigin - monotonicAhead()
}

/** How far the monotonic clock is ahead of this thread's `performance.now()`, in milliseconds. */
function monotonicAhead(): number {
  let closest = Number.POSITIVE_INFINITY
  let ahead = 0
  for (let reading = 0; reading < READINGS; reading += 1) {
    const before = performance.now()
    const monotonic = Number(process.hrtime.bigint()) / 1e6
    const after = performance.now()
    if (after - before >= closest) continue
    closest = after - before
    ahead = monotonic - (before + after) / 2
  }
  return ahead
}
