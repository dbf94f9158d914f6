/** Everything that was found, as plain data: all that views read. */
import type { Claim } from './claims/index.ts'
import type { Experiment, Judgement } from './experiment.ts'
import type { CompareOptions, Machine } from './measure/bench.ts'

/** One claim with what was found. */
export interface ClaimReport extends Judgement {
  readonly id: number
  readonly slug: string
  readonly claim: string
  readonly question: string
  readonly refutedBy: string
  /** Everything that was measured. */
  readonly data: unknown
  /** How much the rounds of its comparisons differ at most, as a part of their median. */
  readonly spread: number
}

export interface Report {
  readonly machine: Machine
  readonly options: CompareOptions
  readonly claims: readonly ClaimReport[]
}

/** Judges what an experiment has measured. */
export function reportClaim(
  { id, slug }: Claim,
  experiment: Experiment,
  { data, spread }: Pick<ClaimReport, 'data' | 'spread'>,
): ClaimReport {
  const { claim, question, refutedBy } = experiment
  return { id, slug, claim, question, refutedBy, ...experiment.judge(data), data, spread }
}
