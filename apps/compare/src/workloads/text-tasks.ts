/**
 * CPU work on real text. An ordinary task module: the same functions run inline, under the executor,
 * fork-join and detached.
 */
import type { TaskContext } from '@threeply/task'
import { hashSync } from 'bcryptjs'
import { deflateSync, strToU8 } from 'fflate'
import { answerJobs } from './answer-jobs.ts'

export interface WordStatistics {
  readonly words: number
  readonly distinct: number
  readonly longest: string
  /** The commonest words and how often each occurs; of equally common ones the first in the alphabet. */
  readonly commonest: readonly (readonly [word: string, count: number])[]
}

/** Where each word occurs: word `i` at `positions[offsets[i]]` up to `positions[offsets[i + 1]]`. */
export interface InvertedIndex {
  readonly words: readonly string[]
  readonly offsets: Uint32Array<ArrayBuffer>
  /** Counted in words from the start of the text. */
  readonly positions: Uint32Array<ArrayBuffer>
}

export function wordStatistics(text: string): WordStatistics {
  const counts = new Map<string, number>()
  let words = 0
  let longest = ''
  for (const word of wordsOf(text)) {
    words += 1
    counts.set(word, (counts.get(word) ?? 0) + 1)
    if (word.length > longest.length) longest = word
  }
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return { words, distinct: counts.size, longest, commonest: ranked.slice(0, 10) }
}

export function invertedIndex(text: string, { transfer }: TaskContext): InvertedIndex {
  const places = new Map<string, number[]>()
  let count = 0
  for (const word of wordsOf(text)) {
    const list = places.get(word)
    if (list === undefined) places.set(word, [count])
    else list.push(count)
    count += 1
  }
  const words = [...places.keys()].sort()
  const offsets = new Uint32Array(words.length + 1)
  const positions = new Uint32Array(count)
  words.forEach((word, index) => {
    const list = places.get(word)!
    positions.set(list, offsets[index]!)
    offsets[index + 1] = offsets[index]! + list.length
  })
  return transfer({ words, offsets, positions }, [offsets.buffer, positions.buffer])
}

/** Compresses in plain JavaScript: `node:zlib` would do it on threads of its own. */
export function compress(text: string, { transfer }: TaskContext): Uint8Array<ArrayBuffer> {
  // fflate's types leave open whether its memory is shared; it never is.
  const compressed = deflateSync(strToU8(text)) as Uint8Array<ArrayBuffer>
  return transfer(compressed, [compressed.buffer])
}

/** A given salt, so that the same password always gives the same hash; cost 5, some two milliseconds. */
const SALT = '$2b$05$threewaysofdoingthings'

/** The hash of a password, as a server makes it when somebody logs in; bcrypt takes 72 bytes of it. */
export function hashPassword(password: string): string {
  return hashSync(password.slice(0, 72), SALT)
}

/** Runs on as a detached child that does what its parent sends, until it is asked to stop. */
export const answerTextJobs = answerJobs({ wordStatistics, invertedIndex, compress, hashPassword })

function* wordsOf(text: string): Iterable<string> {
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) yield word
}
