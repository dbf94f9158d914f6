/** A limit that goes by run times: window by window, against those without load. */
import { invalidOption } from '@threeply/task/runner'
import type { AdaptiveLimit, LimitSample } from './adaptive-limit.ts'
import { LIMIT_OPTIONS, LimitBounds, type LimitOptions } from './limit-bounds.ts'
import { SampleWindow, type WindowSummary } from './sample-window.ts'
import { UnloadedRunTime } from './unloaded-run-time.ts'

export interface ProbingLimitOptions extends LimitOptions {
  /**
   * How long run times are gathered at least before the limit is moved, in milliseconds; and at
   * least 10 functions, and as many as ran at the same time. @default 100
   */
  readonly window?: number | undefined
}

const WINDOW = 100 // a second in the original; ten windows of it are enough to follow a step

/** The share of the run time that is left at half the limit, at most, where all of it is queueing. */
const STILL_QUEUEING = 0.55 // half, and what chance adds

/** Its algorithm is {@link ProbingLimit.next}. */
export abstract class ProbingLimit implements AdaptiveLimit {
  readonly #bounds: LimitBounds
  readonly #window: SampleWindow
  readonly #unloaded = new UnloadedRunTime()
  #limit: number
  #isProbing = false
  /** What functions took in the window before. */
  #loaded = Number.NaN

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
  constructor(owner: string, options: ProbingLimitOptions, names: readonly string[]) {
    this.#bounds = new LimitBounds(owner, options, [...LIMIT_OPTIONS, 'window', ...names])
    const { window = WINDOW } = options
    if (!(Number.isFinite(window) && window >= 0)) {
      throw invalidOption(owner, 'window', window, 'milliseconds, 0 or more')
    }
    this.#window = new SampleWindow(window)
    this.#limit = this.#bounds.min
  }

  /** Half of itself while it probes. */
  get limit(): number {
    return this.#isProbing ? this.#bounds.clamp(this.#limit / 2) : this.#limit
  }

  set limit(limit: number) {
    this.#limit = this.#bounds.check(limit)
    this.#isProbing = false
    this.#unloaded.forget()
    this.#window.reopen()
  }

  isDrop(error: unknown): boolean {
    return this.#bounds.isDrop(error)
  }

  onSample(sample: LimitSample): void {
    const window = this.#window.add(sample)
    if (window === undefined) return
    if (this.#isProbing) {
      this.#probed(window)
      return
    }
    this.#unloaded.observe(window, this.#limit)
    const { value } = this.#unloaded
    if (value !== undefined) {
      const next = this.#bounds.clamp(this.next(this.#limit, window, value))
      if (next < this.#limit || window.isLimiting) this.#limit = next
    }
    this.#isProbing = window.isLimiting && this.#unloaded.isProbeDue(this.#limit)
    this.#loaded = window.runTime
  }

  /** Where half the limit takes half the time, the queue is as long as ever: half is enough. */
  #probed(window: WindowSummary): void {
    const isStillQueueing = window.runTime <= this.#loaded * STILL_QUEUEING
    const allDropped = Number.isNaN(window.runTime)
    if (isStillQueueing || allDropped) this.#limit = this.limit
    this.#unloaded.probed(window, this.#limit)
    this.#isProbing = isStillQueueing
    this.#loaded = window.runTime
  }

  /**
   * The limit after `window`; it is kept within its bounds, and from growing unless it held work
   * back.
   * @param unloaded What a function takes without load.
   */
  protected abstract next(limit: number, window: WindowSummary, unloaded: number): number
}
