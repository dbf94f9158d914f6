/** A double as its two 32-bit words, and back. */

const DOUBLE = new Float64Array(1)
const WORDS = new Int32Array(DOUBLE.buffer)

DOUBLE[0] = -0
/** Where the sign and the exponent are: 1, or 0 on a big-endian machine. */
const HIGH = WORDS[1] === 0 ? 0 : 1
const LOW = 1 - HIGH

/** The word with sign, exponent and the first 20 bits of the fraction. */
export function highWord(double: number): number {
  DOUBLE[0] = double
  return WORDS[HIGH]!
}

export function lowWord(double: number): number {
  DOUBLE[0] = double
  return WORDS[LOW]!
}

export function fromWords(high: number, low: number): number {
  WORDS[HIGH] = high
  WORDS[LOW] = low
  return DOUBLE[0]!
}
