/** Whatever an error holds, what the codec promises to keep is kept. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeError, encodeError } from '../src/index.ts'

/** An error to be made: errors may name each other as cause or among their errors, in cycles too. */
interface Plan {
  readonly className: string
  readonly message: string
  readonly properties: Record<string, unknown>
  readonly cause: number | undefined
  readonly errors: readonly number[] | undefined
}

const classes = { Error, RangeError, TypeError, SyntaxError }

const RESERVED = new Set([
  'message',
  'stack',
  'cause',
  'errors',
  'name',
  '__proto__',
  'constructor',
])

const plans = fc.array(
  fc.record<Plan>({
    className: fc.constantFrom(...Object.keys(classes), 'OrderError', 'HttpError'),
    message: fc.string(),
    properties: fc.dictionary(
      fc.string().filter((key) => !RESERVED.has(key)),
      fc.anything({
        withDate: true,
        withMap: true,
        withSet: true,
        withBigInt: true,
        withTypedArray: true,
      }),
    ),
    cause: fc.option(fc.nat(9), { nil: undefined }),
    errors: fc.option(fc.array(fc.nat(9), { maxLength: 4 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 10 },
)

test('encode, clone, decode keeps class, message, stack, properties and the graph of errors', () => {
  fc.assert(
    fc.property(plans, (planned) => {
      const originals = planned.map(make)
      for (const [index, plan] of planned.entries()) connect(originals, plan, index)
      const decoded = decodeError(structuredClone(encodeError(originals[0])))
      const counterparts = new Map<Error, Error>()
      compare(originals[0]!, decoded, counterparts)
      // One error for one error: what was shared is shared, what was apart is apart.
      expect(new Set(counterparts.values()).size).toBe(counterparts.size)
    }),
    { numRuns: 300 },
  )
})

function make({ className, message, properties }: Plan): Error {
  const Known = (classes as Record<string, ErrorConstructor>)[className]
  const Made = Known ?? { [className]: class extends Error {} }[className]!
  const error = new Made(message)
  for (const [key, value] of Object.entries(properties)) {
    Object.defineProperty(error, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return error
}

function connect(originals: readonly Error[], plan: Plan, index: number): void {
  const at = (place: number): Error => originals[place % originals.length]!
  const error = originals[index]!
  if (plan.cause !== undefined) hide(error, 'cause', at(plan.cause))
  if (plan.errors !== undefined) hide(error, 'errors', plan.errors.map(at))
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true })
}

function compare(original: Error, decoded: Error, counterparts: Map<Error, Error>): void {
  const known = counterparts.get(original)
  if (known !== undefined) {
    expect(decoded).toBe(known)
    return
  }
  counterparts.set(original, decoded)
  expect(decoded.constructor.name).toBe(original.constructor.name)
  expect(decoded.message).toBe(original.message)
  expect(decoded.stack).toBe(original.stack)
  expect(Object.keys(decoded)).toEqual(Object.keys(original))
  for (const key of Object.keys(original)) {
    expect(Reflect.get(decoded, key)).toEqual(structuredClone(Reflect.get(original, key)))
  }
  if ('cause' in original) compare(original.cause as Error, decoded.cause as Error, counterparts)
  if ('errors' in original) {
    const errors = original.errors as Error[]
    const decodedErrors = (decoded as unknown as { errors: Error[] }).errors
    expect(decodedErrors).toHaveLength(errors.length)
    for (const [index, error] of errors.entries()) {
      compare(error, decodedErrors[index]!, counterparts)
    }
  }
}
