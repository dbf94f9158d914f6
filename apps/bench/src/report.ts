/** What the bench writes with `--json`: plain data, and all that was measured. */
import { availableParallelism } from 'node:os'
import { max, median, min } from 'simple-statistics'
import type { Rounds } from './rounds.ts'
import type { Unit } from './unit.ts'

export interface BenchReport {
  readonly schema: 'threeply.bench/1'
  /** The version of Node: `v26.10.0`. */
  readonly node: string
  /** How many CPUs the process may use. */
  readonly cpus: number
  readonly suites: readonly SuiteReport[]
}

export interface SuiteReport {
  readonly name: string
  readonly unit: Unit
  readonly cases: readonly CaseReport[]
}

export interface CaseReport {
  readonly case: string
  readonly subjects: readonly SubjectReport[]
}

/** Figures in the suite's unit. */
export interface SubjectReport {
  readonly subject: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** The figure of each round, in order. */
  readonly rounds: readonly number[]
}

export function benchReport(suites: readonly SuiteReport[]): BenchReport {
  const machine = { node: process.version, cpus: availableParallelism() }
  return { schema: 'threeply.bench/1', ...machine, suites }
}

export function caseReport(name: string, rounds: Rounds): CaseReport {
  const subjects = [...rounds].map(([subject, figures]) => subjectReport(subject, figures))
  return { case: name, subjects }
}

function subjectReport(subject: string, rounds: readonly number[]): SubjectReport {
  const figures = [...rounds]
  const middle = median(figures)
  return { subject, median: middle, min: min(figures), max: max(figures), rounds: figures }
}
