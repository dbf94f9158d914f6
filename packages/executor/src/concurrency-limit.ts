/** The limit of an executor: fixed, or moved by what adapts it. */
import type { AdaptiveLimit } from './adaptive/adaptive-limit.ts'
import { LimitSampler } from './adaptive/limit-sampler.ts'
import { checkConcurrency } from './executor-options.ts'
import type { Recorder } from './recorder.ts'

export interface LimitSettings {
  readonly concurrency: number
  readonly adaptive: AdaptiveLimit | undefined
}

export class ConcurrencyLimit {
  /** What has to be told of all that ends, if the limit is adaptive. */
  readonly sampler: LimitSampler | undefined
  readonly #followers: ((concurrency: number) => void)[] = []
  readonly #recorder: Recorder | undefined
  #value: number

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: out of the bounds of `adaptive` */
  constructor({ concurrency, adaptive }: LimitSettings, recorder: Recorder | undefined) {
    this.sampler = adaptive && new LimitSampler(adaptive, concurrency, this.#moveTo)
    this.#recorder = recorder
    this.#value = this.sampler?.concurrency ?? concurrency
    recorder?.limited(this.#value)
  }

  get value(): number {
    return this.#value
  }

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
  set value(concurrency: number) {
    checkConcurrency(concurrency)
    if (this.sampler === undefined) this.#moveTo(concurrency)
    else this.sampler.concurrency = concurrency
  }

  /** The most that a task may weigh: what adapts may yet rise, and what is too heavy runs alone. */
  get heaviest(): number {
    return this.sampler === undefined ? this.#value : Number.POSITIVE_INFINITY
  }

  /** Calls `follow` when it has changed. */
  onChange(follow: (concurrency: number) => void): void {
    this.#followers.push(follow)
  }

  readonly #moveTo = (concurrency: number): void => {
    this.#value = concurrency
    this.#recorder?.limited(concurrency)
    for (const follow of this.#followers) follow(concurrency)
  }
}
