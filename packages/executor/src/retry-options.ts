/** The option `retry`: its type, its defaults, and the refusal of bad values. */
import {
  checkChoice,
  checkDuration,
  checkFunction,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'
import { checkObject } from './option-checks.ts'
import type { Jitter, RetrySettings } from './retry.ts'
import type { RetryBudget } from './retry-budget.ts'

/**
 * When a failed function is called again. Its slot is free meanwhile.
 *
 * An error that says when to come again is heeded: by a number of milliseconds in `retryAfter`, or
 * by the header `Retry-After` in its `headers` or those of its `response`, seconds or a date. The
 * next attempt is not made before that, nor before the delay below.
 */
export interface RetryOptions {
  /** How often it is called at most, the first time included: a whole number of 1 or more. */
  readonly attempts: number
  /** The shortest delay before another attempt, in milliseconds. @default 100 */
  readonly minDelay?: number | undefined
  /**
   * The longest, in milliseconds. An error that asks for more, by `Retry-After`, is not retried.
   * @default 30_000, or `minDelay` if that is longer
   */
  readonly maxDelay?: number | undefined
  /**
   * Delays are random: between `minDelay` and its double, its fourfold, and so on (`'full'`), or
   * between `minDelay` and three times the last one (`'decorrelated'`).
   * @default 'full'
   */
  readonly jitter?: Jitter | undefined
  /** Whether to try again after this error. What it throws is what the call rejects with. @default always */
  readonly retryable?: ((error: unknown) => boolean) | undefined
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function retrySettings(
  method: string,
  retry: RetryOptions,
  budget: RetryBudget | undefined,
): RetrySettings {
  const owner = `${method}.retry`
  checkObject(owner, retry)
  const {
    attempts,
    minDelay = 100,
    maxDelay = Math.max(30_000, minDelay),
    jitter = 'full',
    retryable = () => true,
  } = retry
  checkWholeNumber(owner, 'attempts', attempts, { minimum: 1 })
  checkDuration(owner, 'minDelay', minDelay)
  if (minDelay === Number.POSITIVE_INFINITY) {
    throw invalidOption(owner, 'minDelay', minDelay, 'milliseconds, 0 or more')
  }
  checkDuration(owner, 'maxDelay', maxDelay)
  if (maxDelay < minDelay) {
    throw invalidOption(owner, 'maxDelay', maxDelay, 'milliseconds, minDelay or more')
  }
  checkChoice(owner, 'jitter', jitter, ['full', 'decorrelated'])
  checkFunction(owner, 'retryable', retryable)
  return { attempts, minDelay, maxDelay, jitter, retryable, budget }
}
