/** Everything that was found, as plain data: all that views read. */
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
}

export interface Report {
  readonly machine: Machine
  readonly options: CompareOptions
  readonly claims: readonly ClaimReport[]
}

/** Judges what an experiment has measured. */
export function reportClaim(experiment: Experiment, data: unknown): ClaimReport {
  const { id, slug, claim, question, refutedBy } = experiment
  return { id, slug, claim, question, refutedBy, ...experiment.judge(data), data }
}
