/** What adapts the concurrency of an executor to what it calls. */

/** One function that has ended. Times are milliseconds of one clock. */
export interface LimitSample {
  readonly startedAt: number
  /** From its start to its end: the time before, in the queue, is not in it. */
  readonly runTime: number
  /** Slots that were taken when it ended, its own included. */
  readonly inFlight: number
  /** Whether something waited for a slot then: a limit that holds nothing back need not grow. */
  readonly isLimiting: boolean
  /** Whether it failed or outlived its timeout. */
  readonly isDropped: boolean
}

/**
 * A concurrency limit that learns from what it lets run; one object for one executor. Those of this
 * package, {@link AimdLimit}, {@link Gradient2Limit} and {@link VegasLimit}, follow Netflix's
 * concurrency-limits (https://github.com/Netflix/concurrency-limits); any other object will do too.
 * @example
 * const halving: AdaptiveLimit = {
 *   limit: 1,
 *   onSample({ isDropped, isLimiting }) {
 *     if (isDropped) this.limit = Math.max(1, this.limit / 2)
 *     else if (isLimiting) this.limit += 1 / this.limit
 *   },
 * }
 */
export interface AdaptiveLimit {
  /**
   * How many may run: read after each sample, and rounded down; 1 or more. The executor sets it to
   * its `concurrency` when it is made, and whenever that is set.
   */
  limit: number
  /**
   * A function has ended. Not called for those that the caller cancelled, or that failed with what
   * is no drop. What it throws is thrown as an uncaught exception.
   */
  onSample(sample: LimitSample): void
  /** Whether this failure is a sign of overload. @default all are */
  isDrop?(error: unknown): boolean
}
