/** The view for people: for each case the subjects, best first, and the losses at the end. */
import Table from 'cli-table3'
import {
  bestOf,
  type Comparison,
  compare,
  type RankedSubject,
  type Ranking,
  rank,
} from './comparison.ts'
import type { CaseReport, SuiteReport } from './report.ts'
import type { NamedSuite } from './suite-folder.ts'
import { UNITS, type Unit } from './unit.ts'

/** What `(unclear)` in a table means. */
export const UNCLEAR =
  '(unclear): the rounds disagree on who is ahead, or there are fewer than five.'

/** The suite's table. */
export function suiteTable(suite: NamedSuite, report: SuiteReport): string {
  const cases = ranked(suite, report).map(({ name, ranking }) =>
    caseTable(report.unit, name, ranking),
  )
  const direction = `${report.unit}, ${UNITS[report.unit].better} is better`
  return [`${suite.name}: ${suite.title} (${direction})`, ...cases].join('\n\n')
}

/**
 * Where a peer is ahead of us, a line each; or a line that says that there is none. Empty when we
 * have not been compared with any.
 */
export function lossesOf(suites: readonly NamedSuite[], reports: readonly SuiteReport[]): string {
  const compared = reports.flatMap((report) => {
    const suite = suites.find(({ name }) => name === report.name)!
    return ranked(suite, report).flatMap(({ name, ranking }) => {
      const comparison = oursAgainst(report.unit, ranking, 'peer')
      if (!comparison) return []
      return { ...comparison, line: `  ${suite.name}, ${name}: ${told(report.unit, comparison)}` }
    })
  })
  if (compared.length === 0) return ''
  const losses = compared.filter(({ ratio }) => ratio < 1).map(({ line }) => line)
  return losses.length === 0
    ? 'Losses to a peer: none.'
    : ['Losses to a peer:', ...losses].join('\n')
}

function ranked(suite: NamedSuite, report: SuiteReport) {
  return report.cases.map((one: CaseReport) => {
    const { subjects } = suite.cases.find(({ name }) => name === one.case)!
    return { name: one.case, ranking: rank(report.unit, one, subjects) }
  })
}

function caseTable(unit: Unit, name: string, ranking: Ranking): string {
  const peer = bestOf(ranking, 'peer')
  const table = new Table({
    head: [name, 'against the best peer', 'median', 'min', 'max'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: NO_BORDERS,
  })
  for (const subject of ranking) {
    const { median, min, max } = subject
    table.push([
      `${subject.role === 'ours' ? '▸' : ' '} ${subject.subject}`,
      peer ? againstPeer(unit, subject, peer) : '',
      ...[median, min, max].map(figure),
    ])
  }
  const byHand = oursAgainst(unit, ranking, 'by hand')
  const lines = [trimmedLines(table.toString())]
  if (byHand) lines.push(`  threeply, the best by hand beside it: ${told(unit, byHand)}`)
  return lines.join('\n')
}

function againstPeer(unit: Unit, subject: RankedSubject, peer: RankedSubject): string {
  return subject === peer ? 'the best peer' : told(unit, compare(unit, subject, peer))
}

function oursAgainst(
  unit: Unit,
  ranking: Ranking,
  role: 'peer' | 'by hand',
): Comparison | undefined {
  const ours = bestOf(ranking, 'ours')
  const other = bestOf(ranking, role)
  return ours && other && compare(unit, ours, other)
}

/** `1.3× slower than p-map`, with a mark where the rounds do not agree on it. */
function told(unit: Unit, comparison: Comparison): string {
  const { ahead, behind } = UNITS[unit]
  const { ratio, clear } = comparison
  const times = ratio >= 1 ? `${figure(ratio)}× ${ahead}` : `${figure(1 / ratio)}× ${behind}`
  return `${times} than ${comparison.with}${clear ? '' : ' (unclear)'}`
}

const FIGURE = new Intl.NumberFormat('en', {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
})

function figure(value: number): string {
  return FIGURE.format(value)
}

function trimmedLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}
