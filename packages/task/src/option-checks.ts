/** How runners refuse bad options: at the door, with the option's name, what it got and what it takes. */
import { describe } from './describe.ts'
import { InvalidOptionError } from './errors.ts'

/**
 * Refuses an `options` that is no object, and any name in it that is not in `known`.
 * @param owner What the options are of, for the message: `ForkJoinPool`.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
 */
export function checkOptionNames(
  owner: string,
  options: unknown,
  known: readonly string[],
): asserts options is Record<string, unknown> {
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

/** An {@link InvalidOptionError} that says what `option` of `owner` got and what it takes. */
export function invalidOption(
  owner: string,
  option: string,
  value: unknown,
  takes: string,
): InvalidOptionError {
  const got = describe(value, 0)
  return new InvalidOptionError(option, `${option} of ${owner} is ${got}; it takes ${takes}.`)
}

/** Refuses what is not a whole number of `minimum` or more; `Infinity` passes where `orInfinity`. */
export function checkWholeNumber(
  owner: string,
  option: string,
  value: unknown,
  { minimum, orInfinity = false }: { readonly minimum: number; readonly orInfinity?: boolean },
): asserts value is number {
  if (orInfinity && value === Number.POSITIVE_INFINITY) return
  if (Number.isSafeInteger(value) && (value as number) >= minimum) return
  const takes = `a whole number of ${minimum} or more${orInfinity ? ', or Infinity' : ''}`
  throw invalidOption(owner, option, value, takes)
}

/** The longest delay that Node's timers take, in milliseconds; a longer one would fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** Refuses what is not a duration in milliseconds, fractions allowed; `Infinity` means for ever. */
export function checkDuration(
  owner: string,
  option: string,
  value: unknown,
): asserts value is number {
  if (typeof value === 'number' && value >= 0) return
  throw invalidOption(owner, option, value, 'milliseconds, 0 or more, or Infinity')
}

/** Refuses what is not an `AbortSignal`, of this realm or of another. */
export function checkSignal(
  owner: string,
  option: string,
  value: unknown,
): asserts value is AbortSignal {
  const isSignal =
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  if (!isSignal) throw invalidOption(owner, option, value, 'an AbortSignal')
}

/** Refuses what is not one of `choices`. */
export function checkChoice<const Choice extends string>(
  owner: string,
  option: string,
  value: unknown,
  choices: readonly Choice[],
): asserts value is Choice {
  if (choices.includes(value as Choice)) return
  throw invalidOption(owner, option, value, choices.map((choice) => `'${choice}'`).join(' or '))
}

/** Refuses what is not a function. */
export function checkFunction(
  owner: string,
  option: string,
  value: unknown,
): asserts value is (...args: never) => unknown {
  if (typeof value !== 'function') throw invalidOption(owner, option, value, 'a function')
}
