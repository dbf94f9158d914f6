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

/** What the question mark in a table means. */
export const UNCLEAR =
  '?  unclear: the rounds disagree on who is ahead, or there are fewer than five.'

/** The suite's table. */
export function suiteTable(suite: NamedSuite, report: SuiteReport): string {
  const cases = ranked(suite, report).map(({ name, ranking }) =>
    caseTable(report.unit, name, ranking),
  )
  const heading = `${suite.name}: ${suite.title}`
  const direction = `Figures in ${report.unit}, ${UNITS[report.unit].better} is better.`
  return [`${heading}\n${direction}`, ...cases].join('\n\n')
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
  const lines = [trimmedLines(table.toString())]
  const byHand = oursAgainst(unit, ranking, 'by hand')
  if (byHand) lines.push(`  Beside the best by hand: ${told(unit, byHand)}`)
  return lines.join('\n')
}

function againstPeer(unit: Unit, subject: RankedSubject, peer: RankedSubject): string {
  if (subject === peer) return 'the best peer'
  const comparison = compare(unit, subject, peer)
  return subject.role === 'ours' ? told(unit, comparison) : times(unit, comparison)
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

/** `1.30× slower than p-map`. */
function told(unit: Unit, comparison: Comparison): string {
  return times(unit, comparison, ` than ${comparison.with}`)
}

/** `1.30× slower`, with a mark where the rounds do not agree on it. */
function times(unit: Unit, { ratio, clear }: Comparison, than = ''): string {
  const { ahead, behind } = UNITS[unit]
  const by = ratio >= 1 ? `${figure(ratio)}× ${ahead}` : `${figure(1 / ratio)}× ${behind}`
  return `${by}${than}${clear ? '' : ' ?'}`
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
