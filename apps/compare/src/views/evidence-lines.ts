/** The figures that a verdict rests on: label, bar, figure, interval, one below the other. */
import type { Evidence } from '../experiment.ts'
import { formatFigure, formatInterval, magnitude, splitFigure } from '../figures.ts'
import { type Paint, wrap } from './text.ts'

const MOST_BAR = 20
const LEAST_BAR = 8 // a shorter one tells nothing; then there is none
const MOST_LABEL = 0.42 // of the width; longer labels go over several lines

export function evidenceLines(
  evidence: readonly Evidence[],
  width: number,
  paint: Paint,
): readonly string[] {
  const labelWidth = Math.min(
    Math.floor(width * MOST_LABEL),
    widest(evidence.map(({ label }) => label)),
  )
  const figures = aligned(evidence.map(({ value, unit }) => formatFigure(value, unit)))
  const figureWidth = widest(figures)
  const intervals = evidence.map(({ interval, unit }, index) =>
    interval === undefined ? '' : formatInterval(...interval, unit, figures[index]!.trim()),
  )
  const free = width - labelWidth - figureWidth - 2
  const intervalWidth = widest(intervals) + 2 <= free ? widest(intervals) : 0
  const room = free - 2 - (intervalWidth > 0 ? intervalWidth + 2 : 0)
  const barWidth = room < LEAST_BAR ? 0 : Math.min(MOST_BAR, room)
  const bars = evidence.map((figure) => barOf(figure, evidence, barWidth))

  return evidence.flatMap(({ label }, index) => {
    const labelLines = wrap(label, labelWidth)
    const columns = [
      (labelLines.pop() ?? '').padEnd(labelWidth),
      ...(bars.some((bar) => bar !== '') ? [paint('cyan', bars[index]!.padEnd(barWidth))] : []),
      ...(intervalWidth > 0 && intervals[index] !== ''
        ? [figures[index]!.padEnd(figureWidth), paint('dim', intervals[index]!)]
        : [figures[index]!]),
    ]
    return [...labelLines, columns.join('  ')]
  })
}

/** The numbers right-aligned above each other, their units after them. */
function aligned(figures: readonly string[]): readonly string[] {
  const parts = figures.map(splitFigure)
  const width = widest(parts.map(([number]) => number))
  return parts.map(([number, unit]) => number.padStart(width) + unit)
}

/** A bar on the scale of all figures of its dimension; none where there is nothing to compare. */
function barOf({ value, unit }: Evidence, evidence: readonly Evidence[], width: number): string {
  if (unit === '×') return ''
  const { dimension, amount } = magnitude(value, unit)
  const amounts = evidence
    .map((peer) => magnitude(peer.value, peer.unit))
    .filter((peer) => peer.dimension === dimension)
    .map((peer) => peer.amount)
  const longest = Math.max(...amounts)
  if (amounts.length < 2 || !(amount > 0)) return ''
  const eighths = Math.max(1, Math.round((amount / longest) * width * 8)) // what is there shows
  return width === 0 ? '' : '█'.repeat(Math.floor(eighths / 8)) + ['', ...'▏▎▍▌▋▊▉'][eighths % 8]
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length))
}
