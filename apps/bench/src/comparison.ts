/** The subjects of a case beside each other: how far is each from the best peer? */
import type { CaseReport, SubjectReport } from './report.ts'
import type { Role, Subject } from './suite.ts'
import { timesBetter, type Unit } from './unit.ts'

/** The subjects of a case, best first. */
export type Ranking = readonly RankedSubject[]

export interface RankedSubject extends SubjectReport {
  readonly role: Role
}

export interface Comparison {
  readonly with: string
  /** How many times better than the other's median: over 1 when it is, under 1 when it is worse. */
  readonly ratio: number
  /** Whether the rounds agree on who is better; where they do not, no difference has been seen. */
  readonly clear: boolean
}

export function rank(unit: Unit, report: CaseReport, subjects: readonly Subject[]): Ranking {
  const roles = new Map(subjects.map(({ name, role }) => [name, role]))
  return report.subjects
    .map((subject) => ({ ...subject, role: roles.get(subject.subject)! }))
    .sort((one, other) => timesBetter(unit, other.median, one.median) - 1)
}

/** The best subject of a role. */
export function bestOf(ranking: Ranking, role: Role): RankedSubject | undefined {
  return ranking.find((subject) => subject.role === role)
}

/** Compares two subjects that were measured in the same rounds. */
export function compare(unit: Unit, one: SubjectReport, other: SubjectReport): Comparison {
  const ratio = timesBetter(unit, one.median, other.median)
  const byRound = one.rounds.map((figure, round) => timesBetter(unit, figure, other.rounds[round]!))
  const against = byRound.filter((ofRound) => (ratio > 1 ? ofRound <= 1 : ofRound >= 1)).length
  return { with: other.subject, ratio, clear: against <= toleratedAgainst(byRound.length) }
}

/** How likely by chance a difference may be and still count as seen. */
const CHANCE = 0.0625 // that five rounds all say the same, of two subjects that are alike: 2 × ½⁵

/**
 * The sign test: how many rounds may say the contrary of the medians. Were the subjects alike, each
 * round would be the throw of a coin. -1: so few rounds show nothing.
 */
function toleratedAgainst(rounds: number): number {
  let ways = 1 // to choose `against` rounds out of all
  let chance = 0
  for (let against = 0; against < rounds; against += 1) {
    chance += (2 * ways) / 2 ** rounds
    if (chance > CHANCE) return against - 1
    ways = (ways * (rounds - against)) / (against + 1)
  }
  return -1
}
