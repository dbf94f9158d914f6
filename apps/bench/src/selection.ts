/** What of the suites is to be run: the cases and subjects that were asked for. */
import { BenchError } from './failure.ts'
import type { NamedSuite } from './suite-folder.ts'

export interface Selection {
  /** None means all. */
  readonly cases: readonly string[]
  readonly subjects: readonly string[]
}

/** @throws {BenchError} exit code 2: nothing has such a name */
export function selectFrom(suites: readonly NamedSuite[], selection: Selection): NamedSuite[] {
  const cases = suites.flatMap((suite) => suite.cases)
  const subjects = cases.flatMap((one) => one.subjects)
  expectKnown('case', selection.cases, cases)
  expectKnown('subject', selection.subjects, subjects)
  return suites
    .map((suite) => ({
      ...suite,
      cases: chosen(suite.cases, selection.cases)
        .map((one) => ({ ...one, subjects: chosen(one.subjects, selection.subjects) }))
        .filter((one) => one.subjects.length > 0),
    }))
    .filter((suite) => suite.cases.length > 0)
}

interface Named {
  readonly name: string
}

function chosen<T extends Named>(all: readonly T[], names: readonly string[]): readonly T[] {
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name))
}

function expectKnown(what: string, names: readonly string[], all: readonly Named[]): void {
  const known = [...new Set(all.map(({ name }) => name))]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw BenchError.usage(`unknown ${what} '${unknown}': ${what}s are ${known.join(' | ')}`)
}
