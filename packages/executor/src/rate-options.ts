/** The option `rate`: its type, its defaults, and the refusal of bad values. */
import {
  checkChoice,
  checkOptionNames,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import { OWNER } from './option-checks.ts'
import type { RateSettings } from './rate-limit.ts'

/** How many functions may start in a time, those of retries included. */
export interface RateOptions {
  /** A whole number of 1 or more. */
  readonly limit: number
  /** In milliseconds. */
  readonly interval: number
  /**
   * `'sliding'`: no stretch of time as long as the interval, wherever it begins, sees more than
   * `limit` starts. `'fixed'`: nor does any of the intervals that follow one another; two stretches
   * that meet may be full.
   * @default 'sliding'
   */
  readonly window?: 'fixed' | 'sliding' | undefined
  /**
   * A bucket of so many tokens instead of windows: after a rest so many may start at once, and then
   * `limit` an interval, evenly. A whole number of 1 or more.
   */
  readonly burst?: number | undefined
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function rateSettings(rate: RateOptions): RateSettings {
  const owner = `${OWNER}.rate`
  checkOptionNames(owner, rate, ['limit', 'interval', 'window', 'burst'])
  const { limit, interval, window = 'sliding', burst } = rate
  checkWholeNumber(owner, 'limit', limit, { minimum: 1 })
  const isInterval = Number.isFinite(interval) && interval > 0
  if (!isInterval) throw invalidOption(owner, 'interval', interval, 'milliseconds, more than 0')
  checkChoice(owner, 'window', window, ['fixed', 'sliding'])
  if (burst !== undefined) checkWholeNumber(owner, 'burst', burst, { minimum: 1 })
  return { limit, interval, window, burst }
}
