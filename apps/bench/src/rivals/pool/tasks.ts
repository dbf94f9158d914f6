/** What the threads of all pools do; the plain loop calls the same functions. */
import { hashSync } from 'bcryptjs'

/** Does nothing, and gives back what it got, so that each output can be checked. */
export function noOp(input: number): number {
  return input
}

/** The same for a pool that is given arrays. */
export function noOps(inputs: readonly number[]): readonly number[] {
  return inputs.map((input) => noOp(input))
}

/** As `noOp`; but words of shared memory keep the thread until somebody writes to them. */
export function noOpOrWait(input: number | Int32Array): number {
  if (typeof input === 'number') return input
  Atomics.add(input, 1, 1)
  Atomics.wait(input, 0, 0)
  return 0
}

export interface WordStatistics {
  readonly words: number
  readonly distinct: number
  readonly commonest: readonly (readonly [word: string, count: number])[]
}

/** Counts the words of a text: strings, a map and a sort, as much work on text is. */
export function wordStatistics(text: string): WordStatistics {
  const counts = new Map<string, number>()
  let words = 0
  for (const [word] of text.toLowerCase().matchAll(/[a-z']+/g)) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
    words += 1
  }
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return { words, distinct: counts.size, commonest: ranked.slice(0, 20) }
}

/** A fixed salt, so that the hash can be checked; its 06 is the cost: 2⁶ rounds. */
const SALT = '$2b$06$abcdefghijklmnopqrstuu'

/** Hashes a password in plain JavaScript: arithmetic on small typed arrays. */
export function passwordHash(password: string): string {
  return hashSync(password, SALT)
}
