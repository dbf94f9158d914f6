/** Puts judgements together: the figures are the same, whatever they come to. */
import type { Evidence, Judgement, Verdict } from './experiment.ts'
import { medianOf } from './measure/statistics.ts'

/** Why nothing can be told when intervals reach to both sides. */
export const TOO_NOISY = 'the rounds differ too much; is another program busy? Try --rounds 20'

/** Threads that got less than this share of the cores that they could have used prove nothing. */
const ENOUGH_OF_THE_CORES = 0.75

/**
 * Why threads that gained nothing prove nothing: another program had the cores. Nothing, if they got
 * what they could use.
 * @param used How many cores the threads got in each round.
 * @param usable How many they could have used.
 */
export function coresMissing(used: readonly number[], usable: number): string | undefined {
  const got = medianOf(used).value
  if (got >= usable * ENOUGH_OF_THE_CORES) return undefined
  return `the threads got ${got.toFixed(1)} of the ${usable.toFixed(1)} cores that they could use; is another program busy?`
}

export type Tell = (verdict: Verdict, meaning: string, condition?: string) => Judgement

export function judgementOn(evidence: readonly Evidence[]): Tell {
  return (verdict, meaning, condition) => ({
    verdict,
    evidence,
    meaning,
    ...(condition !== undefined && { condition }),
  })
}
