/** Whether structured clone takes a value. */

/** Clones `value` to find out, so it is for the path that has failed already. */
export function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  try {
    structuredClone(value)
    return true
  } catch {
    return false // the question was whether it throws
  }
}
