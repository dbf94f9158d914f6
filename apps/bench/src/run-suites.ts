/** Runs suites: each case round by round, each subject in a fresh process. */
import { BenchError, NoFigureError } from './failure.ts'
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

/** One of them now and then loses a task and ends: that must not cost the figures of all others. */
const ATTEMPTS_FOR_PEERS = 3

/** @throws {BenchError} exit code 1: a subject failed or gave a wrong result */
export async function runSuite(suite: NamedSuite, settings: RunSettings): Promise<SuiteReport> {
  const { folder, rounds, signal, progress } = settings
  const cases = []
  for (const one of suite.cases) {
    const measurement = { folder, suite: suite.name, case: one.name, items: settings.items(one) }
    const figures = await interleave(one, rounds, (subject, round) => {
      const turn = `${suite.name}, ${one.name}: round ${round + 1} of ${rounds}, ${subject}`
      const isPeer = one.subjects.find(({ name }) => name === subject)?.role === 'peer'
      return measureAgain(isPeer ? ATTEMPTS_FOR_PEERS : 1, (attempt) => {
        progress(attempt === 1 ? turn : `${turn}, which gave no figure, once more`)
        return measureInFreshProcess({ ...measurement, subject }, signal)
      })
    })
    cases.push(caseReport(one.name, figures))
  }
  return { name: suite.name, unit: suite.unit, cases }
}

/** Measures until there is a figure, at most so many times. */
async function measureAgain(
  attempts: number,
  measure: (attempt: number) => Promise<number>,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await measure(attempt)
    } catch (error) {
      if (!(error instanceof NoFigureError)) throw error
      if (attempt === attempts) throw BenchError.failed(error.message)
    }
  }
}
