/**
 * What a bad argument throws. This package imports none of ours, so it has a copy of the class of
 * `@threeply/task`; the brands make `instanceof` answer for both, whichever copy threw.
 */
import { inspect } from 'node:util'

const BRAND = Symbol.for('@threeply/task/InvalidOptionError')
const FAMILY_BRAND = Symbol.for('@threeply/task/ThreeplyError')

/** A bad argument or option; thrown before anything is recorded. */
export class InvalidOptionError extends Error {
  /** Stable; what to compare. */
  readonly code = 'ERR_THREEPLY_INVALID_OPTION'
  /** The name of the option. */
  readonly option: string

  constructor(option: string, message: string) {
    super(message)
    this.option = option
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

Object.defineProperties(InvalidOptionError.prototype, {
  name: { value: 'InvalidOptionError', writable: true, configurable: true },
  [BRAND]: { value: true },
  [FAMILY_BRAND]: { value: true },
})

/** An {@link InvalidOptionError} that says what `option` of `owner` got and what it takes. */
export function invalidOption(
  owner: string,
  option: string,
  value: unknown,
  takes: string,
): InvalidOptionError {
  const got = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY })
  return new InvalidOptionError(option, `${option} of ${owner} is ${got}; it takes ${takes}.`)
}

/** Refuses `options` that are no object, and any name in them that is not in `known`. */
export function checkOptionNames(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(owner, 'options', options, 'an object')
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new InvalidOptionError(
      name,
      `${owner} has no option '${name}'. Its options are ${known.join(', ')}.`,
    )
  }
}

/** Refuses what is not a whole number from `minimum` to `maximum`. */
export function checkWholeNumber(
  owner: string,
  option: string,
  value: unknown,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum) {
    return
  }
  throw invalidOption(owner, option, value, `a whole number from ${minimum} to ${maximum}`)
}
