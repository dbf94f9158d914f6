/** Checks what a subject gave: a fast wrong answer is no answer. */
import { isDeepStrictEqual } from 'node:util'
import { WrongResultError } from '../failure.ts'

/** @throws {WrongResultError} an output is missing, wrong or in the wrong place */
export function expectOutputs(outputs: readonly unknown[], expected: readonly unknown[]): void {
  expectEqual('the number of outputs', outputs.length, expected.length)
  for (let index = 0; index < expected.length; index += 1) {
    if (outputs[index] === expected[index]) continue // most are numbers
    expectEqual(`output ${index}`, outputs[index], expected[index])
  }
}

/** @throws {WrongResultError} `value` is not deeply equal to `expected` */
export function expectEqual(what: string, value: unknown, expected: unknown): void {
  if (value === expected || isDeepStrictEqual(value, expected)) return
  throw new WrongResultError(`${what} is ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`)
}
