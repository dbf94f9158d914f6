/** One clock for all threads: milliseconds since 1970 that never jump. */

/** When the process started; all its threads count from there, by one monotonic clock. */
const ORIGIN = performance.timeOrigin

export function now(): number {
  return ORIGIN + performance.now()
}
