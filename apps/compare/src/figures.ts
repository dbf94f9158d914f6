/** Figures for people: three significant digits, in the unit that suits their size. */

/** What a figure is measured in, and how much of it there is: figures of one dimension share a scale. */
export interface Magnitude {
  readonly dimension: string
  readonly amount: number
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, µs: 1e-6, ns: 1e-9 }

/** The figure with its unit: `12.3 ms`, `10.4 MB`, `1.91×`, `41.2 %`, `12,300 requests/s`. */
export function formatFigure(value: number, unit: string): string {
  if (unit in SECONDS) return formatSeconds(value * SECONDS[unit]!)
  if (unit === 'bytes') return formatBytes(value)
  if (unit === '×') return `${digits(value)}×`
  return `${digits(value)} ${unit}`
}

/**
 * Both bounds in one go, without their unit where it is that of the `figure` they belong to:
 * `11.8–12.9`. Empty where a bound is missing, or both look alike.
 */
export function formatInterval(low: number, high: number, unit: string, figure = ''): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return ''
  const [from, to] = [formatFigure(low, unit), formatFigure(high, unit)]
  if (from === to) return ''
  const [fromNumber, fromUnit] = splitFigure(from)
  const [toNumber, toUnit] = splitFigure(to)
  if (fromUnit !== toUnit) return `${from} – ${to}`
  return `${fromNumber}–${toUnit === splitFigure(figure)[1] ? toNumber : to}`
}

/** A formatted figure as its number and what follows it. */
export function splitFigure(figure: string): readonly [number: string, unit: string] {
  const [, number = figure, unit = ''] = /^([-\d.,]+)(.*)$/.exec(figure) ?? []
  return [number, unit]
}

/** Puts a figure on the scale of its dimension, so that milliseconds and seconds can share bars. */
export function magnitude(value: number, unit: string): Magnitude {
  if (unit in SECONDS) return { dimension: 'time', amount: value * SECONDS[unit]! }
  return { dimension: unit, amount: value }
}

/** Three significant digits; whole numbers below 1,000 as they are. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value) && Math.abs(value) < 1_000) return String(value)
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}

function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds)
  if (size >= 1) return `${digits(seconds)} s`
  if (size >= 1e-3 || size === 0) return `${digits(seconds * 1e3)} ms`
  if (size >= 1e-6) return `${digits(seconds * 1e6)} µs`
  return `${digits(seconds * 1e9)} ns`
}

export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes)
  if (size >= 1e9) return `${digits(bytes / 1e9)} GB`
  if (size >= 1e6) return `${digits(bytes / 1e6)} MB`
  if (size >= 1e3) return `${digits(bytes / 1e3)} KB`
  return `${digits(bytes)} bytes`
}
