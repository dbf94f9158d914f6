/** Grows by one, shrinks by a share. */
import { invalidOption } from '@threeply/task/runner'
import type { AdaptiveLimit, LimitSample } from './adaptive-limit.ts'
import { LIMIT_OPTIONS, LimitBounds, type LimitOptions } from './limit-bounds.ts'

export interface AimdOptions extends LimitOptions {
  /** What the limit is multiplied by after a drop: from 0.5 to less than 1. @default 0.9 */
  readonly backoffRatio?: number | undefined
  /** A function that runs longer counts as dropped, milliseconds. @default Infinity */
  readonly maxRunTime?: number | undefined
}

/**
 * Additive increase, multiplicative decrease, as TCP's congestion window: one more after each round
 * in which the limit held work back and nothing was dropped, a share less after a drop. It heeds
 * failures and timeouts alone, so it fits a service that refuses what is too much, and not one that
 * only becomes slower; for that, give calls a `timeout`, or set `maxRunTime`.
 *
 * After `AIMDLimit` of Netflix's concurrency-limits (https://github.com/Netflix/concurrency-limits),
 * which grows with every sample and shrinks with every drop: here a round is as many functions as
 * the limit, and the drops of one round count once, as in RFC 5681.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
 */
export class AimdLimit implements AdaptiveLimit {
  readonly #bounds: LimitBounds
  readonly #backoffRatio: number
  readonly #maxRunTime: number
  #limit: number
  /** When it was lowered: a drop that started before says nothing of the limit now. */
  #loweredAt = Number.NEGATIVE_INFINITY
  /** Functions of this round that have ended. */
  #ended = 0
  #wasLimiting = false

  constructor(options: AimdOptions = {}) {
    const owner = 'AimdLimit'
    this.#bounds = new LimitBounds(owner, options, [...LIMIT_OPTIONS, 'backoffRatio', 'maxRunTime'])
    const { backoffRatio = 0.9, maxRunTime = Number.POSITIVE_INFINITY } = options
    if (!(backoffRatio >= 0.5 && backoffRatio < 1)) {
      throw invalidOption(owner, 'backoffRatio', backoffRatio, 'a number from 0.5 to less than 1')
    }
    if (!(maxRunTime > 0)) {
      throw invalidOption(owner, 'maxRunTime', maxRunTime, 'milliseconds, more than 0')
    }
    this.#backoffRatio = backoffRatio
    this.#maxRunTime = maxRunTime
    this.#limit = this.#bounds.min
  }

  get limit(): number {
    return this.#limit
  }

  set limit(limit: number) {
    this.#limit = this.#bounds.check(limit)
    this.#newRound()
  }

  isDrop(error: unknown): boolean {
    return this.#bounds.isDrop(error)
  }

  onSample({ startedAt, runTime, isLimiting, isDropped }: LimitSample): void {
    if (isDropped || runTime > this.#maxRunTime) {
      if (startedAt < this.#loweredAt) return
      this.#loweredAt = startedAt + runTime
      this.#limit = this.#bounds.clamp(
        Math.min(this.#limit - 1, Math.floor(this.#limit * this.#backoffRatio)),
      )
      this.#newRound()
      return
    }
    this.#ended += 1
    this.#wasLimiting ||= isLimiting
    if (this.#ended < this.#limit) return
    if (this.#wasLimiting) this.#limit = this.#bounds.clamp(this.#limit + 1)
    this.#newRound()
  }

  #newRound(): void {
    this.#ended = 0
    this.#wasLimiting = false
  }
}
