/** How long a function takes when nothing queues behind the limit: the baseline of what is slow. */
import type { WindowSummary } from './sample-window.ts'

/** How much of a window that is lower, or of a limit that is not used, it takes on. */
const DRIFT = 0.1

/** How much of a probe that is higher; one that is lower had less load, and is believed. */
const PROBED = 0.5

/** Windows after which it is measured anew, at the latest. */
const PROBE_INTERVAL = 50 // a probe is a window at half the limit: it costs a hundredth at most

/** Windows before the first: in one the queue builds up, in the next it is as long as it gets. */
const FIRST_PROBE = 2

/**
 * A long-term average, as the baseline of Gradient2 is, follows the load that the limit itself
 * causes: the limit grows, the baseline follows, and so on without end. The lowest value, as that of
 * Vegas, follows the noise instead. So this one rises only with what is measured at half the limit,
 * in a *probe*, or while the limit is not used. A probe is due when it is not known, after a while, and
 * when the limit has halved or doubled, as after a step change.
 */
export class UnloadedRunTime {
  #value: number | undefined
  #windows = 0
  #probedAt = 0

  /** In milliseconds; `undefined` before it is known. */
  get value(): number | undefined {
    return this.#value
  }

  isProbeDue(limit: number): boolean {
    if (this.#value === undefined) return this.#windows >= FIRST_PROBE
    return (
      this.#windows >= PROBE_INTERVAL || limit >= this.#probedAt * 2 || limit <= this.#probedAt / 2
    )
  }

  /** @param limit What the limit is without the probe. */
  probed({ runTime }: WindowSummary, limit: number): void {
    this.#windows = 0
    this.#probedAt = limit
    if (Number.isNaN(runTime)) return
    const value = this.#value ?? runTime
    this.#value = runTime < value ? runTime : value + (runTime - value) * PROBED
  }

  /** A window without a probe. */
  observe({ runTime, inFlight, isLimiting }: WindowSummary, limit: number): void {
    if (isLimiting) this.#windows += 1
    if (Number.isNaN(runTime)) return
    const isUnused = !isLimiting && inFlight <= limit / 2
    if (this.#value === undefined) {
      if (isUnused) this.#value = runTime
    } else if (isUnused || runTime < this.#value) {
      this.#value += (runTime - this.#value) * DRIFT
    }
  }

  /** Measures anew: what is known is of another limit. */
  forget(): void {
    this.#value = undefined
    this.#windows = 0
  }
}
