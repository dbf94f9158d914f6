/** Between what a limit may move, and what it takes for a sign of overload. */
import {
  checkFunction,
  checkOptionNames,
  checkWholeNumber,
  invalidOption,
} from '@threeply/task/runner'

export interface LimitOptions {
  /** The least that it becomes: a whole number of 1 or more. @default 1 */
  readonly min?: number | undefined
  /** The most: a whole number, `min` or more. @default 1_000 */
  readonly max?: number | undefined
  /**
   * Whether a failure is a sign of overload, as a refusal for lack of room is and a wrong input is
   * not. Failures that are none do not count at all. @default all are
   */
  readonly isDrop?: ((error: unknown) => boolean) | undefined
}

export const LIMIT_OPTIONS = ['min', 'max', 'isDrop']

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export class LimitBounds {
  readonly min: number
  readonly max: number
  readonly isDrop: (error: unknown) => boolean
  readonly #owner: string

  constructor(owner: string, options: LimitOptions, names: readonly string[]) {
    checkOptionNames(owner, options as unknown, names) // as unknown: it must not widen the type
    const { min = 1 } = options
    checkWholeNumber(owner, 'min', min, { minimum: 1 })
    const { max = Math.max(1_000, min), isDrop = all } = options
    checkWholeNumber(owner, 'max', max, { minimum: 1 })
    if (max < min) throw invalidOption(owner, 'max', max, `a whole number, ${min} or more`)
    checkFunction(owner, 'isDrop', isDrop)
    this.#owner = owner
    this.min = min
    this.max = max
    this.isDrop = isDrop
  }

  /** Refuses what is out of bounds. @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
  check(limit: number): number {
    if (limit >= this.min && limit <= this.max) return limit
    throw invalidOption(this.#owner, 'limit', limit, `a number from ${this.min} to ${this.max}`)
  }

  clamp(limit: number): number {
    return Math.min(this.max, Math.max(this.min, limit))
  }
}

function all(_error: unknown): boolean {
  return true
}
