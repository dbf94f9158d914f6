/** The report for people: claim, verdict, evidence in bars on one scale, and what it means. */
import type { styleText } from 'node:util'
import type { Evidence, Verdict } from '../experiment.ts'
import type { Machine } from '../measure/bench.ts'
import type { ClaimReport, Report } from '../report.ts'
import { formatBytes, formatFigure, formatInterval, magnitude } from '../figures.ts'

type Style = Parameters<typeof styleText>[0]

type Colour = 'green' | 'yellow' | 'red' | 'cyan'

export interface TerminalOptions {
  /** Columns; between 60 and 100 of them are used. */
  readonly columns: number
  /** Colours the text, where the terminal has colours; nothing is said by colour alone. */
  readonly paint: (style: Style, text: string) => string
}

const MARGIN = 4 // where everything below a claim's number starts
const BAR_WIDTH = 20
const LABEL_WIDTH = 34

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

function claimLines(claim: ClaimReport, width: number, paint: TerminalOptions['paint']): string[] {
  const [words, style] = VERDICTS[claim.verdict]
  const titleWidth = width - words.length - 2
  const [first = '', ...rest] = hanging(`${claim.id}`.padStart(3), claim.claim, titleWidth)
  return [
    `${paint('bold', first)}${' '.repeat(width - first.length - words.length)}${paint(['bold', style], words)}`,
    ...rest.map((line) => paint('bold', line)),
    ...(claim.condition === undefined
      ? []
      : hanging('', claim.condition, width).map((line) => paint(style, line))),
    ...evidenceLines(claim.evidence, paint),
  ]
}

function evidenceLines(evidence: readonly Evidence[], paint: TerminalOptions['paint']): string[] {
  const labelWidth = Math.min(LABEL_WIDTH, Math.max(...evidence.map(({ label }) => label.length)))
  return evidence.flatMap((figure) => {
    const { label, value, unit, interval } = figure
    const [low, high] = interval ?? [Number.NaN, Number.NaN]
    const bounds = formatInterval(low, high, unit)
    const bar = barOf(figure, evidence)
    const [last = '', ...before] = wrap(label, labelWidth).reverse()
    const head = `${' '.repeat(MARGIN)}${last.padEnd(labelWidth)}  `
    return [
      ...before.reverse().map((line) => `${' '.repeat(MARGIN)}${line}`),
      `${head}${paint('cyan', bar.padEnd(BAR_WIDTH))}  ${formatFigure(value, unit)}` +
        (bounds === '' ? '' : `  ${paint('dim', bounds)}`),
    ].map((line) => line.trimEnd())
  })
}

/** A bar on the scale of all figures of its dimension; none where there is nothing to compare. */
function barOf({ value, unit }: Evidence, evidence: readonly Evidence[]): string {
  if (unit === '×') return ''
  const { dimension, amount } = magnitude(value, unit)
  const peers = evidence
    .map((peer) => magnitude(peer.value, peer.unit))
    .filter((peer) => peer.dimension === dimension)
  const longest = Math.max(...peers.map((peer) => peer.amount))
  if (peers.length < 2 || !(longest > 0) || amount <= 0) return ''
  const eighths = Math.max(1, Math.round((amount / longest) * BAR_WIDTH * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + ['', ...'▏▎▍▌▋▊▉'][eighths % 8]
}

/** The text wrapped to `width`, its first line led by `lead`, all of it starting at the margin. */
function hanging(lead: string, text: string, width: number): string[] {
  return wrap(text, width - MARGIN).map(
    (line, index) => `${index === 0 ? lead.padEnd(MARGIN) : ' '.repeat(MARGIN)}${line}`,
  )
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
