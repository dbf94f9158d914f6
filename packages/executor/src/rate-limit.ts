/** How many functions may start in a time: by fixed or sliding windows, or from a bucket of tokens. */

export interface RateSettings {
  readonly limit: number
  readonly interval: number
  readonly window: 'fixed' | 'sliding'
  readonly burst: number | undefined
}

/** Times are those of one clock, in milliseconds. */
export interface RateLimit {
  /** Whether one more may start at `now`; if so, it has. */
  take(now: number): boolean
  /** The last one that was taken has not started after all. */
  giveBack(): void
  /** How many may start at `now`. */
  room(now: number): number
  /** How long nothing may start, when the last `take` was refused at `now`. */
  wait(now: number): number
}

/** Before the first start. */
const UNKNOWN = Number.NEGATIVE_INFINITY

/** What is refilled in parts may lack as much as they were rounded. */
const ONE_TOKEN = 1 - 1e-9

export function rateLimit({ limit, interval, window, burst }: RateSettings): RateLimit {
  if (burst !== undefined) return new TokenBucket(limit / interval, burst)
  return window === 'fixed' ? new FixedWindow(limit, interval) : new SlidingWindow(limit, interval)
}

/** Windows follow one another from the first start on. */
class FixedWindow implements RateLimit {
  readonly #limit: number
  readonly #interval: number
  #start = UNKNOWN
  #count = 0

  constructor(limit: number, interval: number) {
    this.#limit = limit
    this.#interval = interval
  }

  take(now: number): boolean {
    if (now >= this.#start + this.#interval) {
      const passed = Math.floor((now - this.#start) / this.#interval)
      this.#start =
        this.#start === UNKNOWN ? now : this.#start + Math.max(1, passed) * this.#interval
      this.#count = 0
    }
    if (this.#count >= this.#limit) return false
    this.#count += 1
    return true
  }

  giveBack(): void {
    this.#count -= 1
  }

  room(now: number): number {
    return now >= this.#start + this.#interval ? this.#limit : this.#limit - this.#count
  }

  wait(now: number): number {
    return this.#start + this.#interval - now
  }
}

/** No stretch of time as long as the interval, wherever it begins, sees more starts than the limit. */
class SlidingWindow implements RateLimit {
  readonly #interval: number
  /** The last starts, as many as the limit, in a ring. */
  readonly #starts: Float64Array
  #oldest = 0
  #overwritten = UNKNOWN

  constructor(limit: number, interval: number) {
    this.#interval = interval
    this.#starts = new Float64Array(limit).fill(UNKNOWN)
  }

  take(now: number): boolean {
    const oldest = this.#starts[this.#oldest]!
    if (now < oldest + this.#interval) return false
    this.#overwritten = oldest
    this.#starts[this.#oldest] = now
    this.#oldest = (this.#oldest + 1) % this.#starts.length
    return true
  }

  giveBack(): void {
    this.#oldest = (this.#oldest + this.#starts.length - 1) % this.#starts.length
    this.#starts[this.#oldest] = this.#overwritten
  }

  room(now: number): number {
    const { length } = this.#starts
    let [none, all] = [0, length] // how many of the oldest are old enough: halved until it is known
    while (none < all) {
      const middle = (none + all) >>> 1
      if (now < this.#starts[(this.#oldest + middle) % length]! + this.#interval) all = middle
      else none = middle + 1
    }
    return none
  }

  wait(now: number): number {
    return this.#starts[this.#oldest]! + this.#interval - now
  }
}

/** `burst` at once when none has started for long, and then evenly. */
class TokenBucket implements RateLimit {
  readonly #perMillisecond: number
  readonly #burst: number
  #tokens: number
  #filledAt = UNKNOWN

  constructor(perMillisecond: number, burst: number) {
    this.#perMillisecond = perMillisecond
    this.#burst = burst
    this.#tokens = burst
  }

  take(now: number): boolean {
    this.#refill(now)
    if (this.#tokens < ONE_TOKEN) return false
    this.#tokens -= 1
    return true
  }

  giveBack(): void {
    this.#tokens += 1
  }

  room(now: number): number {
    this.#refill(now)
    return Math.floor(this.#tokens + 1 - ONE_TOKEN)
  }

  wait(): number {
    return (1 - this.#tokens) / this.#perMillisecond
  }

  #refill(now: number): void {
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + (now - this.#filledAt) * this.#perMillisecond,
    )
    this.#filledAt = now
  }
}
