import { describe, expect, test } from 'vitest'
import { compare, rank } from '../src/comparison.ts'
import { caseReport, type SubjectReport } from '../src/report.ts'
import { lossesOf, suiteTable } from '../src/table.ts'
import { timesBetter, type Unit } from '../src/unit.ts'

function figures(subject: string, ...rounds: number[]): SubjectReport {
  return caseReport('case', new Map([[subject, rounds]])).subjects[0]!
}

describe('a subject', () => {
  test('is told by its median, its extremes and all rounds in their order', () => {
    expect(figures('one', 9, 1, 5)).toEqual({
      subject: 'one',
      median: 5,
      min: 1,
      max: 9,
      rounds: [9, 1, 5],
    })
  })

  test('has the mean of the middle two as its median when the rounds are even', () => {
    expect(figures('one', 4, 1, 2, 100).median).toBe(3)
  })
})

describe('a ratio', () => {
  test.each<[Unit, number, number, number]>([
    ['µs', 2, 6, 3],
    ['ns', 6, 2, 1 / 3],
    ['bytes', 5, 10, 2],
    ['×', 1.9, 0.95, 2],
    ['×', 0.5, 1, 0.5],
  ])('in %s of %d to %d is %d', (unit, one, other, ratio) => {
    expect(timesBetter(unit, one, other)).toBeCloseTo(ratio)
  })

  test('is that of the medians', () => {
    const { ratio } = compare('ns', figures('a', 1, 2, 100), figures('b', 4, 4, 4))
    expect(ratio).toBe(2)
  })

  test('is clear when five rounds agree', () => {
    const peer = figures('b', 2, 2, 2, 2, 2)
    expect(compare('ns', figures('a', 1, 1, 1, 1, 1), peer).clear).toBe(true)
    expect(compare('ns', figures('a', 3, 3, 3, 3, 3), peer).clear).toBe(true)
  })

  test('is not clear when one round of five disagrees', () => {
    const peer = figures('b', 2, 2, 2, 2, 2)
    expect(compare('ns', figures('a', 1, 1, 1, 1, 3), peer).clear).toBe(false)
  })

  test('is not clear with fewer than five rounds, whatever they say', () => {
    const { clear } = compare('ns', figures('a', 1, 1, 1, 1), figures('b', 9, 9, 9, 9))
    expect(clear).toBe(false)
  })

  test('is clear with one round against it when there are ten', () => {
    const peer = figures('b', ...Array<number>(10).fill(2))
    const nine = Array<number>(9).fill(1)
    expect(compare('ns', figures('a', ...nine, 3), peer).clear).toBe(true)
    expect(compare('ns', figures('a', ...nine.slice(2), 3, 3, 3), peer).clear).toBe(false)
  })

  test('is not clear between equals', () => {
    const alike = [2, 2, 2, 2, 2]
    expect(compare('ns', figures('a', ...alike), figures('b', ...alike)).clear).toBe(false)
  })
})

describe('the table', () => {
  const measure = async () => 1
  const suite = (unit: Unit) =>
    ({
      name: 'racing',
      title: 'who is first',
      unit,
      cases: [
        {
          name: 'sprint',
          items: 1,
          subjects: [
            { name: 'threeply', role: 'ours', measure },
            { name: 'p-this', role: 'peer', measure },
            { name: 'p-that', role: 'peer', measure },
            { name: 'a loop', role: 'by hand', measure },
          ],
        },
      ],
    }) as const
  const reportOf = (unit: Unit, ours: number, one: number, other: number, byHand: number) => {
    const five = (figure: number) => Array<number>(5).fill(figure)
    const rounds = new Map([
      ['threeply', five(ours)],
      ['p-this', five(one)],
      ['p-that', five(other)],
      ['a loop', five(byHand)],
    ])
    return { name: 'racing', unit, cases: [caseReport('sprint', rounds)] }
  }

  test('says a loss as a loss, in the row and at the end', () => {
    const report = reportOf('ns', 130, 100, 400, 50)
    expect(suiteTable(suite('ns'), report)).toMatch(/▸ threeply +1\.30× slower than p-this +130 /)
    expect(lossesOf([suite('ns')], [report])).toBe(
      'Losses to a peer:\n  racing, sprint: 1.30× slower than p-this',
    )
  })

  test('compares with the best peer, not with what is written by hand', () => {
    const report = reportOf('ns', 100, 200, 400, 50)
    const table = suiteTable(suite('ns'), report)
    expect(table).toMatch(/▸ threeply +2\.00× faster than p-this/)
    expect(table).toMatch(/ p-that +2\.00× slower {2}/)
    expect(table).toMatch(/ p-this +the best peer/)
    expect(table).toContain('2.00× slower than a loop')
    expect(lossesOf([suite('ns')], [report])).toBe('Losses to a peer: none.')
  })

  test('speaks of no losses when we were not measured', () => {
    const report = { name: 'racing', unit: 'ns', cases: [] } as const
    expect(lossesOf([suite('ns')], [report])).toBe('')
  })

  test('has the best first, and says which direction that is', () => {
    const lower = suiteTable(suite('ns'), reportOf('ns', 3, 1, 4, 2))
    expect(lower).toContain('in ns, lower is better')
    const higher = suiteTable(suite('×'), reportOf('×', 3, 1, 4, 2))
    expect(higher).toContain('in ×, higher is better')
    const order = (table: string) =>
      [...table.matchAll(/^[▸ ] (threeply|p-this|p-that|a loop) /gm)].map(([, name]) => name)
    expect(order(lower)).toEqual(['p-this', 'a loop', 'threeply', 'p-that'])
    expect(order(higher)).toEqual(['p-that', 'threeply', 'a loop', 'p-this'])
  })

  test('fits in 100 columns with the longest names and figures', () => {
    const five = (figure: number) => Array<number>(5).fill(figure)
    const rounds = new Map([
      ['threeply', [...five(12_345).slice(1), 1]],
      ['hdr-histogram-js, wasm', five(11_111)],
      ['piscina, in arrays of 256', [...five(1_000).slice(1), 99_999]],
    ])
    const roles = ['ours', 'peer', 'by hand'] as const
    const subjects = [...rounds.keys()].map((name, i) => ({ name, role: roles[i]!, measure }))
    const longest = { ...suite('µs'), cases: [{ name: 'sprint', items: 1, subjects }] }
    const report = { name: 'racing', unit: 'µs', cases: [caseReport('sprint', rounds)] } as const
    for (const line of suiteTable(longest, report).split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(100)
    }
  })

  test('ranks by the direction of the unit', () => {
    const { subjects } = suite('×').cases[0]
    const [report] = reportOf('×', 3, 1, 4, 2).cases
    expect(rank('×', report!, subjects).map(({ subject }) => subject)).toEqual([
      'p-that',
      'threeply',
      'a loop',
      'p-this',
    ])
  })
})
