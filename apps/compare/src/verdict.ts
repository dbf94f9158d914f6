/** From figures with their uncertainty to what can be said: a difference inside the interval is none. */
import type { Evidence } from './experiment.ts'
import type { Estimate } from './measure/statistics.ts'

/** Where a figure lies as against a bound; `unclear` when the interval reaches to both sides. */
export type Position = 'above' | 'below' | 'unclear'

export function against(estimate: Estimate, bound: number): Position {
  if (estimate.low > bound) return 'above'
  if (estimate.high < bound) return 'below'
  return 'unclear'
}

/** One figure for the report, with its interval where it has one. */
export function evidence(label: string, { value, low, high }: Estimate, unit: string): Evidence {
  const isBounded = Number.isFinite(low) && Number.isFinite(high) && low !== high
  return { label, value, unit, ...(isBounded && { interval: [low, high] as const }) }
}
