import { stripVTControlCharacters, styleText } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../src/experiment.ts'
import { digits, formatFigure, formatInterval } from '../src/figures.ts'
import type { ClaimReport, Report } from '../src/report.ts'
import { renderTerminal } from '../src/views/terminal.ts'
import { renderWarnings } from '../src/views/warnings.ts'

const plain = (_: unknown, text: string) => text

function claim(id: number, verdict: Verdict, more: Partial<ClaimReport> = {}): ClaimReport {
  return {
    id,
    slug: 'cpu',
    claim: 'Two CPU tasks on several cores: threads win, async runs them in order',
    question: '',
    refutedBy: '',
    verdict,
    evidence: [
      { label: 'in order, one thread', value: 80, unit: 'ms', interval: [78.2, 81.4] },
      { label: 'fork-join, 2 threads', value: 0.041, unit: 's' },
      { label: 'fork-join / in order', value: 1.951, unit: '×', interval: [1.9, 2] },
    ],
    meaning: 'Give work that computes to threads.',
    data: {},
    spread: 0.1,
    ...more,
  }
}

const report = (...claims: ClaimReport[]): Report => ({
  machine: {
    cores: 2,
    cpuModel: 'A Processor',
    memoryBytes: 16e9,
    platform: 'linux 6.1 x64',
    node: '26.10.0',
  },
  options: { quick: false, threads: 2, seed: 1 },
  claims,
})

describe('figures', () => {
  test.each([
    [0, 'ms', '0 ms'],
    [0.0123, 'ms', '12.3 µs'],
    [1_234, 'ms', '1.23 s'],
    [0.000_4, 'µs', '0.4 ns'],
    [999.6, 'µs', '1,000 µs'],
    [730, 'bytes', '730 bytes'],
    [1_500, 'bytes', '1.5 KB'],
    [7_712_345, 'bytes', '7.71 MB'],
    [25e9, 'bytes', '25 GB'],
    [1.951, '×', '1.95×'],
    [10_612, '×', '10,600×'],
    [41.234, '% lost', '41.2 % lost'],
    [2, 'threads', '2 threads'],
    [12_345, 'requests/s', '12,300 requests/s'],
    [-3.21, 'ms', '-3.21 ms'],
  ])('%d %s is %s', (value, unit, text) => {
    expect(formatFigure(value, unit)).toBe(text)
  })

  test('have three significant digits, whole ones below a thousand all of theirs', () => {
    expect(digits(0.001_234_5)).toBe('0.00123')
    expect(digits(987)).toBe('987')
    expect(digits(Number.NaN)).toBe('–')
  })

  test('share the unit of their bounds where they can', () => {
    expect(formatInterval(11.82, 12.9, 'ms')).toBe('11.8–12.9 ms')
    expect(formatInterval(0.9, 1.2, 'ms')).toBe('900 µs – 1.2 ms')
    expect(formatInterval(1.9, 2.01, '×')).toBe('1.9–2.01×')
    expect(formatInterval(11.82, 12.9, 'ms', '12.3 ms')).toBe('11.8–12.9')
    expect(formatInterval(0.9, 0.95, 'ms', '1.2 ms')).toBe('900–950 µs')
    expect(formatInterval(627.1, 627.3, 'bytes')).toBe('')
    expect(formatInterval(-1, Number.POSITIVE_INFINITY, 'ms')).toBe('')
  })
})

describe('the table', () => {
  test.each<[Verdict, string]>([
    ['holds', 'HOLDS'],
    ['holds-with-condition', 'HOLDS IF'],
    ['does-not-hold', 'DOES NOT HOLD HERE'],
    ['cannot-tell', 'CANNOT TELL'],
  ])('says %s in words, with its condition below', (verdict, words) => {
    const condition = 'only as long as it rains'
    const table = renderTerminal(report(claim(6, verdict, { condition })), {
      columns: 100,
      paint: plain,
    })
    const line = table.split('\n').findIndex((text) => text.endsWith(`  ${words}`))
    expect(table.split('\n')[line]).toMatch(/^ {2}6 Two CPU tasks/)
    expect(table.split('\n')[line + 1]?.trim()).toBe(condition)
  })

  test('draws figures of one dimension on one scale, whatever their units', () => {
    const table = renderTerminal(report(claim(6, 'holds')), { columns: 100, paint: plain })
    const lineOf = (label: string) => table.split('\n').find((text) => text.includes(label))!
    expect(lineOf('in order, one').match(/█/g)).toHaveLength(20)
    expect(lineOf('fork-join, 2').match(/█/g)).toHaveLength(10)
    expect(lineOf('fork-join /')).not.toContain('█')
    expect(lineOf('in order, one')).toMatch(/ 80 ms +78\.2–81\.4$/)
  })

  test('counts the verdicts', () => {
    const mixed = report(claim(1, 'cannot-tell'), claim(2, 'holds'), claim(3, 'holds'))
    const table = renderTerminal(mixed, { columns: 100, paint: plain })
    expect(table).toContain('\n3 claims: 2 HOLDS · 1 CANNOT TELL\n')
  })

  test('ends with what it means, claim by claim', () => {
    const table = renderTerminal(
      report(claim(6, 'holds'), claim(7, 'holds', { meaning: 'Rest.' })),
      {
        columns: 100,
        paint: plain,
      },
    )
    expect(table).toMatch(
      /What it means for you, on this machine\n {2}6 Give work that computes to threads\.\n {2}7 Rest\.\n$/,
    )
  })

  test.each([40, 60, 80, 100, 300])('keeps within %d columns, and within 60 to 100', (columns) => {
    const long = 'a text that goes on and on '.repeat(12).trim()
    const table = renderTerminal(
      report(
        claim(6, 'does-not-hold', {
          claim: long,
          condition: long,
          meaning: long,
          evidence: [
            { label: long, value: 1.234e-7, unit: 's', interval: [1.1e-7, 1.4e-6] },
            { label: 'short', value: 1, unit: 'ms' },
          ],
        }),
      ),
      { columns, paint: plain },
    )
    const widest = Math.max(...table.split('\n').map((line) => line.length))
    expect(widest).toBeLessThanOrEqual(Math.max(60, Math.min(100, columns)))
  })

  test('says the same with colours as without', () => {
    const reported = report(claim(6, 'holds-with-condition', { condition: 'at times' }))
    const paint = (style: Parameters<typeof styleText>[0], text: string) =>
      styleText(style, text, { validateStream: false })
    const coloured = renderTerminal(reported, { columns: 100, paint })
    expect(coloured).toContain('\u001B[')
    expect(stripVTControlCharacters(coloured)).toBe(
      renderTerminal(reported, { columns: 100, paint: plain }),
    )
  })
})

describe('the warning', () => {
  test('names the claims whose rounds differ much, and what helps', () => {
    const restless = report(
      claim(5, 'holds', { spread: 0.7 }),
      claim(6, 'holds'),
      claim(7, 'holds', { spread: 0.62 }),
    )
    expect(renderWarnings(restless)).toBe(
      '! claims 5 and 7: rounds differ by up to 70 %; another program is busy, try --rounds 20\n',
    )
  })

  test('is not there when they agree', () => {
    expect(renderWarnings(report(claim(6, 'holds')))).toBe('')
  })
})
