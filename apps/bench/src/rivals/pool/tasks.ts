/** What the threads of all pools do; the plain loop calls the same functions. */
import { deflateSync } from 'node:zlib'
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

/** Computes for so many steps, and gives back how many. */
export function compute(steps: number): number {
  let state = 1
  for (let step = 0; step < steps; step += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  }
  return state < 0 ? state : steps // it never is, but V8 cannot know, and must compute
}

/** Gives back what it gets: an object, which is copied there and back. */
export function giveBack(input: unknown): unknown {
  return input
}

/** Writes a byte, and gives the bytes back: moved, where its thread can do that. */
export function moveBack(
  bytes: Uint8Array<ArrayBuffer>,
  context?: { transfer<Value>(value: Value, list: readonly ArrayBuffer[]): Value },
): Uint8Array<ArrayBuffer> {
  bytes[0] = (bytes[0]! + 1) & 0xff
  return context === undefined ? bytes : context.transfer(bytes, [bytes.buffer])
}

/** How many bytes a text takes, compressed: native code, which a thread waits for. */
export function compressedSize(text: string): number {
  return deflateSync(text, { level: 9 }).length
}

/** A fixed salt, so that the hash can be checked; its 06 is the cost: 2⁶ rounds. */
const SALT = '$2b$06$abcdefghijklmnopqrstuu'

/** Hashes a password in plain JavaScript: arithmetic on small typed arrays. */
export function passwordHash(password: string): string {
  return hashSync(password, SALT)
}
