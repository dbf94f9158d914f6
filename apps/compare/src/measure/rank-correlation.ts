/** How far two orders agree. */

/**
 * Kendall's τ-b of two lists of ranks, or of whatever they follow from: 1 when both put all pairs the
 * same way round, −1 when the opposite way, near 0 when they have nothing to do with each other.
 * Pairs that are equal in one list count for neither. 0 when one list has no two different values.
 */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  let agreement = 0
  let differentInA = 0
  let differentInB = 0
  for (let i = 1; i < a.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const inA = Math.sign(a[i]! - a[j]!)
      const inB = Math.sign(b[i]! - b[j]!)
      agreement += inA * inB
      differentInA += inA * inA
      differentInB += inB * inB
    }
  }
  const pairs = Math.sqrt(differentInA * differentInB)
  return pairs === 0 ? 0 : agreement / pairs
}
