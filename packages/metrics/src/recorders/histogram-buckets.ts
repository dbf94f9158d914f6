/**
 * Which bucket a value falls in: the first 16 bits of the double that it is, after the sign. That
 * is its exponent and 5 bits of its fraction, so each power of two is cut into 32 equal buckets,
 * from the smallest double to the largest: there is no range to choose, and none to fall out of.
 */
import { fromWords, highWord } from './double-words.ts'

/** How far right the 16 bits are moved: 20 bits of the fraction are in the high word, 5 are kept. */
const SHIFT = 15
const WITHOUT_SIGN = 0x7fff_ffff

/** Of a value of 0 or more. 0 and what is below 2 ** -1027 share bucket 0. */
export function bucketOf(value: number): number {
  return (highWord(value) & WITHOUT_SIGN) >>> SHIFT
}

/** The smallest value of a bucket. */
export function lowerBound(bucket: number): number {
  return fromWords(bucket << SHIFT, 0)
}

/** The smallest value above a bucket; of the last one, the largest number that there is. */
export function upperBound(bucket: number): number {
  return Math.min(lowerBound(bucket + 1), Number.MAX_VALUE)
}
