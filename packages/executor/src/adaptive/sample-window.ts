/** Samples are noisy: what the functions of a stretch of time say together. */
import type { LimitSample } from './adaptive-limit.ts'

/** What a limit is judged by. */
export interface WindowSummary {
  /** The mean of those that were not dropped; `NaN` if all were. */
  readonly runTime: number
  /** The most that ran at the same time. */
  readonly inFlight: number
  /** Whether anything waited for a slot. */
  readonly isLimiting: boolean
  /** Whether any was dropped. */
  readonly isDropped: boolean
}

/** Fewer say nothing, however long they took. */
const MIN_SAMPLES = 10 // as in the original

/**
 * Takes in the functions that have both started and ended since it was opened, so that a window
 * shows the limit that holds now, and none of those before.
 */
export class SampleWindow {
  readonly #duration: number
  #openedAt: number | undefined
  #count = 0
  #completed = 0
  #total = 0
  #inFlight = 0
  #isLimiting = false

  /** @param duration How long a window is at least, in milliseconds. */
  constructor(duration: number) {
    this.#duration = duration
  }

  /** @returns What the window says, when this sample fills it; another is open then. */
  add({ startedAt, runTime, ...sample }: LimitSample): WindowSummary | undefined {
    this.#openedAt ??= startedAt
    if (startedAt < this.#openedAt) return undefined
    this.#count += 1
    this.#inFlight = Math.max(this.#inFlight, sample.inFlight)
    this.#isLimiting ||= sample.isLimiting
    if (!sample.isDropped) {
      this.#completed += 1
      this.#total += runTime
    }
    const endedAt = startedAt + runTime
    const isFull = this.#count >= Math.max(MIN_SAMPLES, this.#inFlight)
    if (!isFull || endedAt < this.#openedAt + this.#duration) return undefined
    const summary = {
      runTime: this.#total / this.#completed,
      inFlight: this.#inFlight,
      isLimiting: this.#isLimiting,
      isDropped: this.#completed < this.#count,
    }
    this.reopen(endedAt)
    return summary
  }

  /** Forgets what it has: only functions that start at `now` or later count. */
  reopen(now?: number): void {
    this.#openedAt = now
    this.#count = 0
    this.#completed = 0
    this.#total = 0
    this.#inFlight = 0
    this.#isLimiting = false
  }
}
