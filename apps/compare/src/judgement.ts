/** Puts judgements together: the figures are the same, whatever they come to. */
import type { Evidence, Judgement, Verdict } from './experiment.ts'

/** Why nothing can be told when intervals reach to both sides. */
export const TOO_NOISY = 'the rounds differ too much; is another program busy? Try --rounds 30'

export type Tell = (verdict: Verdict, meaning: string, condition?: string) => Judgement

export function judgementOn(evidence: readonly Evidence[]): Tell {
  return (verdict, meaning, condition) => ({
    verdict,
    evidence,
    meaning,
    ...(condition !== undefined && { condition }),
  })
}
