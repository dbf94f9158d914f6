import { describe, expect, test } from 'vitest'
import { InvalidOptionError } from '../src/index.ts'
import {
  checkChoice,
  checkDuration,
  checkFunction,
  checkOptionNames,
  checkSignal,
  checkWholeNumber,
  invalidOption,
} from '../src/runner.ts'

const MESSAGES: [what: string, check: () => void, option: string, message: string][] = [
  [
    'a name that is not known',
    () => checkOptionNames('ForkJoinPool', { thread: 4 }, ['threads', 'grace']),
    'thread',
    "ForkJoinPool has no option 'thread'. Its options are threads, grace.",
  ],
  [
    'options that are none',
    () => checkOptionNames('ForkJoinPool', 4, []),
    'options',
    'options of ForkJoinPool is 4; it takes an object.',
  ],
  [
    'a whole number that is none',
    () => checkWholeNumber('ForkJoinPool', 'threads', 1.5, { minimum: 1 }),
    'threads',
    'threads of ForkJoinPool is 1.5; it takes a whole number of 1 or more.',
  ],
  [
    'a whole number that may be Infinity',
    () =>
      checkWholeNumber('AsyncExecutor', 'concurrency', 'many', { minimum: 1, orInfinity: true }),
    'concurrency',
    "concurrency of AsyncExecutor is 'many'; it takes a whole number of 1 or more, or Infinity.",
  ],
  [
    'a duration',
    () => checkDuration('run', 'timeout', -1),
    'timeout',
    'timeout of run is -1; it takes milliseconds, 0 or more, or Infinity.',
  ],
  [
    'a signal',
    () => checkSignal('run', 'signal', {}),
    'signal',
    'signal of run is {}; it takes an AbortSignal.',
  ],
  [
    'a choice',
    () => checkChoice('stream', 'order', 'random', ['completion', 'input']),
    'order',
    "order of stream is 'random'; it takes 'completion' or 'input'.",
  ],
  [
    'a function',
    () => checkFunction('run', 'onProgress', 5),
    'onProgress',
    'onProgress of run is 5; it takes a function.',
  ],
]

test.each(MESSAGES)('%s is refused with its name, what it got and what it takes', (...row) => {
  const [, check, option, message] = row
  let thrown: unknown
  try {
    check()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(InvalidOptionError)
  expect(thrown).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option, message })
})

describe('what is refused, and what is not', () => {
  const accepts = (check: () => void) => expect(check).not.toThrow()
  const refuses = (check: () => void) => expect(check).toThrow(InvalidOptionError)

  test('whole numbers', () => {
    for (const value of [1, 2, 2 ** 40])
      accepts(() => checkWholeNumber('x', 'y', value, { minimum: 1 }))
    for (const value of [0, -1, 1.5, Number.NaN, Infinity, '1', 1n, null, undefined, 2 ** 60]) {
      refuses(() => checkWholeNumber('x', 'y', value, { minimum: 1 }))
    }
    accepts(() => checkWholeNumber('x', 'y', Infinity, { minimum: 1, orInfinity: true }))
    refuses(() => checkWholeNumber('x', 'y', -Infinity, { minimum: 1, orInfinity: true }))
  })

  test('durations', () => {
    for (const value of [0, 0.5, 5_000, Infinity]) accepts(() => checkDuration('x', 'y', value))
    for (const value of [-1, Number.NaN, -Infinity, '5', 5n, null, undefined]) {
      refuses(() => checkDuration('x', 'y', value))
    }
  })

  test('signals', () => {
    accepts(() => checkSignal('x', 'y', new AbortController().signal))
    accepts(() => checkSignal('x', 'y', AbortSignal.abort()))
    for (const value of [
      null,
      undefined,
      true,
      'signal',
      {},
      new AbortController(),
      new EventTarget(),
    ]) {
      refuses(() => checkSignal('x', 'y', value))
    }
  })

  test('names: inherited ones do not count, and undefined values do', () => {
    accepts(() => checkOptionNames('x', Object.create({ inherited: 1 }), []))
    refuses(() => checkOptionNames('x', { unknown: undefined }, []))
    refuses(() => checkOptionNames('x', null, []))
  })

  test('a value that refuses to be shown is refused all the same', () => {
    const custom = Symbol.for('nodejs.util.inspect.custom')
    const value = {
      [custom]: () => {
        throw new Error('no')
      },
    }
    expect(invalidOption('run', 'timeout', value, 'milliseconds').message).toBe(
      'timeout of run is [object that cannot be shown]; it takes milliseconds.',
    )
  })
})
