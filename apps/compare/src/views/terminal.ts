/** The report for people: claim, verdict, evidence in bars on one scale, and what it means. */
import type { Verdict } from '../experiment.ts'
import { formatBytes } from '../figures.ts'
import type { Machine } from '../measure/bench.ts'
import type { ClaimReport, Report } from '../report.ts'
import { evidenceLines } from './evidence-lines.ts'
import { type Paint, wrap } from './text.ts'

type Colour = 'green' | 'yellow' | 'red' | 'cyan'

export interface TerminalOptions {
  /** Columns; between 60 and 100 of them are used. */
  readonly columns: number
  /** Colours the text, where the terminal has colours; nothing is said by colour alone. */
  readonly paint: Paint
}

const MARGIN = 4 // where everything below a claim's number starts

const VERDICTS: Readonly<Record<Verdict, readonly [words: string, style: Colour]>> = {
  holds: ['HOLDS', 'green'],
  'holds-with-condition': ['HOLDS IF', 'yellow'],
  'does-not-hold': ['DOES NOT HOLD HERE', 'red'],
  'cannot-tell': ['CANNOT TELL', 'cyan'],
}

export function renderTerminal(report: Report, { columns, paint }: TerminalOptions): string {
  const width = Math.max(60, Math.min(100, columns))
  const { claims, machine } = report
  const lines = [
    ...machineLines(machine, width).map((line) => paint('dim', line)),
    '',
    ...claims.flatMap((claim) => [...claimLines(claim, width, paint), '']),
    summary(claims, paint),
    '',
    paint('bold', 'What it means for you, on this machine'),
    ...claims.flatMap(({ id, meaning }) =>
      hanging(`${id}`.padStart(3), meaning, width).map((line, index) =>
        index === 0 ? `${paint('bold', line.slice(0, MARGIN))}${line.slice(MARGIN)}` : line,
      ),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function machineLines(machine: Machine, width: number): string[] {
  const { cores, cpuModel, memoryBytes, platform, node } = machine
  const parts = [
    `Node ${node}`,
    `${cores} ${cores === 1 ? 'core' : 'cores'}`,
    cpuModel,
    formatBytes(memoryBytes),
    platform,
  ]
  return wrap(parts.join(' · '), width)
}

function claimLines(claim: ClaimReport, width: number, paint: Paint): string[] {
  const [words, style] = VERDICTS[claim.verdict]
  const titleWidth = width - words.length - 2
  const [first = '', ...rest] = hanging(`${claim.id}`.padStart(3), claim.claim, titleWidth)
  return [
    `${paint('bold', first)}${' '.repeat(width - first.length - words.length)}${paint(['bold', style], words)}`,
    ...rest.map((line) => paint('bold', line)),
    ...(claim.condition === undefined
      ? []
      : hanging('', claim.condition, width).map((line) => paint(style, line))),
    ...evidenceLines(claim.evidence, width - MARGIN, paint).map(
      (line) => `${' '.repeat(MARGIN)}${line}`,
    ),
  ]
}

/** How many claims came to which verdict: `9 claims: 5 HOLDS · 3 HOLDS IF · 1 CANNOT TELL`. */
function summary(claims: readonly ClaimReport[], paint: Paint): string {
  const counts = Object.entries(VERDICTS).flatMap(([verdict, [words, colour]]) => {
    const count = claims.filter((claim) => claim.verdict === verdict).length
    return count === 0 ? [] : [paint(colour, `${count} ${words}`)]
  })
  return `${claims.length} ${claims.length === 1 ? 'claim' : 'claims'}: ${counts.join(' · ')}`
}

/** The text wrapped to `width`, its first line led by `lead`, all of it starting at the margin. */
function hanging(lead: string, text: string, width: number): string[] {
  return wrap(text, width - MARGIN).map(
    (line, index) => `${index === 0 ? lead.padEnd(MARGIN) : ' '.repeat(MARGIN)}${line}`,
  )
}
