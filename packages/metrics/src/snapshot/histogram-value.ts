/** Arithmetic on distributions: all of it works bucket by bucket. */
import { invalidOption } from '../invalid-option-error.ts'
import type { HistogramBucket, HistogramValue } from './snapshot.ts'

/**
 * Estimates the value that a share `q` of the recorded ones do not exceed (nearest rank), within
 * 1/64 of the true one; the smallest and the largest are exact.
 * @returns `NaN` when nothing was recorded.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: `q` is not from 0 to 1.
 * @example const p99 = quantile(series.value, 0.99)
 */
export function quantile(value: HistogramValue, q: number): number {
  if (typeof q !== 'number' || !(q >= 0 && q <= 1)) {
    throw invalidOption('quantile', 'q', q, 'a number from 0 to 1')
  }
  if (value.count === 0) return Number.NaN
  const rank = rankOf(q, value.count)
  if (rank === 1) return value.min
  if (rank === value.count) return value.max
  let seen = 0
  for (const { lower, upper, count } of value.buckets) {
    seen += count
    if (seen < rank) continue
    // The middle is at most half a bucket off; the lowest bucket is almost always zeros.
    const middle = lower === 0 ? 0 : lower / 2 + upper / 2
    return Math.min(Math.max(middle, value.min), value.max)
  }
  return value.max
}

/** The distribution of all values of both. */
export function mergeHistograms(left: HistogramValue, right: HistogramValue): HistogramValue {
  if (left.count === 0) return right
  if (right.count === 0) return left
  return {
    count: left.count + right.count,
    sum: Math.min(left.sum + right.sum, Number.MAX_VALUE),
    min: Math.min(left.min, right.min),
    max: Math.max(left.max, right.max),
    buckets: combine(left.buckets, right.buckets, (one, other) => one + other),
  }
}

/**
 * The distribution of what was recorded between two readings of one histogram. Its bounds are exact
 * when they are new, and else those of its buckets.
 */
export function subtractHistograms(after: HistogramValue, before: HistogramValue): HistogramValue {
  if (before.count === 0 || after.count < before.count) return after
  const buckets = combine(after.buckets, before.buckets, (one, other) => Math.max(0, one - other))
  const first = buckets[0]
  const last = buckets.at(-1)
  if (first === undefined || last === undefined) return EMPTY
  return {
    count: buckets.reduce((total, { count }) => total + count, 0),
    sum: Math.max(0, after.sum - before.sum),
    min: after.min < before.min ? after.min : Math.max(first.lower, after.min),
    max: after.max > before.max ? after.max : Math.min(last.upper, after.max),
    buckets,
  }
}

const EMPTY: HistogramValue = { count: 0, sum: 0, min: 0, max: 0, buckets: [] }

/** The nearest rank, 1 to `count`; what rounding adds to `q * count` must not lift it by one. */
function rankOf(q: number, count: number): number {
  const exact = q * count
  return Math.max(1, Math.ceil(exact - exact * 2 * Number.EPSILON))
}

/** Both lists in one pass, ascending, without what comes to nothing. */
function combine(
  left: readonly HistogramBucket[],
  right: readonly HistogramBucket[],
  count: (left: number, right: number) => number,
): HistogramBucket[] {
  const combined: HistogramBucket[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const one = left[l]
    const other = right[r]
    const lower = Math.min(one?.lower ?? Infinity, other?.lower ?? Infinity)
    const fromLeft = one?.lower === lower ? one : undefined
    const fromRight = other?.lower === lower ? other : undefined
    if (fromLeft !== undefined) l += 1
    if (fromRight !== undefined) r += 1
    const upper = (fromLeft ?? fromRight)!.upper
    const both = count(fromLeft?.count ?? 0, fromRight?.count ?? 0)
    if (both > 0) combined.push({ lower, upper, count: both })
  }
  return combined
}
