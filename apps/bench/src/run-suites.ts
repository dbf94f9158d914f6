/** Runs suites: each case round by round, each subject in a fresh process. */
import { measureInFreshProcess } from './fresh-process.ts'
import { caseReport, type SuiteReport } from './report.ts'
import { interleave } from './rounds.ts'
import type { Case } from './suite.ts'
import type { NamedSuite } from './suite-folder.ts'

export interface RunSettings {
  readonly folder: string
  readonly rounds: number
  /** How many tasks or values a figure of this case rests on. */
  items(of: Case): number
  readonly signal: AbortSignal
  /** Says what is going on. */
  progress(step: string): void
}

/** @throws {BenchError} exit code 1: a subject failed or gave a wrong result */
export async function runSuite(suite: NamedSuite, settings: RunSettings): Promise<SuiteReport> {
  const { folder, rounds, signal, progress } = settings
  const cases = []
  for (const one of suite.cases) {
    const measurement = { folder, suite: suite.name, case: one.name, items: settings.items(one) }
    const figures = await interleave(one, rounds, (subject, round) => {
      progress(`${suite.name}, ${one.name}: round ${round + 1} of ${rounds}, ${subject}`)
      return measureInFreshProcess({ ...measurement, subject }, signal)
    })
    cases.push(caseReport(one.name, figures))
  }
  return { name: suite.name, unit: suite.unit, cases }
}
