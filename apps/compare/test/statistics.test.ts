import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../src/measure/random.ts'
import { medianOf, medianRatio, relativeSpread } from '../src/measure/statistics.ts'
import { against } from '../src/verdict.ts'

const sample = fc.double({ min: 1e-3, max: 1e6, noNaN: true })
const samples = fc.array(sample, { minLength: 3, maxLength: 30 })

/** Log-normal, as run times are. */
function drawTimes(random: () => number, count: number): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.exp(0.3 * normal) // the median is 1
  })
}

describe('a median', () => {
  test('lies in its interval, which lies in the range of the samples', () => {
    fc.assert(
      fc.property(samples, (times) => {
        const { value, low, high } = medianOf(times)
        expect(low).toBeLessThanOrEqual(value)
        expect(high).toBeGreaterThanOrEqual(value)
        expect(low).toBeGreaterThanOrEqual(Math.min(...times))
        expect(high).toBeLessThanOrEqual(Math.max(...times))
      }),
      { numRuns: 30 },
    )
  })

  test('is in the middle: as many samples below as above', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 30 }), (times) => {
        const { value } = medianOf(times)
        const below = times.filter((time) => time < value).length
        const above = times.filter((time) => time > value).length
        expect(below).toBeLessThanOrEqual(times.length / 2)
        expect(above).toBeLessThanOrEqual(times.length / 2)
      }),
      { numRuns: 50 },
    )
  })

  test('and its interval grow with the samples', () => {
    fc.assert(
      fc.property(samples, (times) => {
        const once = medianOf(times)
        const twice = medianOf(times.map((time) => time * 2))
        expect(twice).toEqual({ value: once.value * 2, low: once.low * 2, high: once.high * 2 })
      }),
      { numRuns: 30 },
    )
  })

  test('has the same interval every time', () => {
    const times = drawTimes(seededRandom(3), 15)
    expect(medianOf(times)).toEqual(medianOf([...times]))
  })

  test('of fewer than three samples has no bounds, and is never above or below anything', () => {
    const estimate = medianOf([5, 5])
    expect(estimate).toEqual({ value: 5, low: -Infinity, high: Infinity })
    expect(against(estimate, 1)).toBe('unclear')
  })

  test('of nothing is refused', () => {
    expect(() => medianOf([])).toThrow(RangeError)
  })

  test('leaves the samples as they are', () => {
    const times = [3, 1, 2]
    medianOf(times)
    expect(times).toEqual([3, 1, 2])
  })

  test('is within its interval of the true one about 95 times of 100', () => {
    const random = seededRandom(7)
    const covered = Array.from({ length: 200 }, () => {
      const { low, high } = medianOf(drawTimes(random, 20))
      return low <= 1 && 1 <= high
    }).filter(Boolean).length
    expect(covered).toBeGreaterThan(180)
    expect(covered).toBeLessThan(200)
  })
})

describe('a median ratio', () => {
  test('of a list with itself is one, exactly', () => {
    fc.assert(
      fc.property(samples, (times) => {
        expect(medianRatio(times, times)).toEqual({ value: 1, low: 1, high: 1 })
      }),
      { numRuns: 30 },
    )
  })

  test('sees no difference between two lists of the same kind, nineteen times of twenty', () => {
    const random = seededRandom(11)
    const verdicts = Array.from({ length: 100 }, () =>
      against(medianRatio(drawTimes(random, 12), drawTimes(random, 12)), 1),
    )
    expect(verdicts.filter((verdict) => verdict === 'unclear').length).toBeGreaterThan(88)
  })

  test('sees a difference of a half through noise of a third', () => {
    const random = seededRandom(13)
    const verdicts = Array.from({ length: 100 }, () => {
      const slower = drawTimes(random, 15).map((time) => time * 1.9)
      return against(medianRatio(slower, drawTimes(random, 15)), 1)
    })
    expect(verdicts.filter((verdict) => verdict === 'above').length).toBeGreaterThan(95)
    expect(verdicts).not.toContain('below')
  })

  test('is not widened by a drift that both went through', () => {
    const drift = [1, 1.5, 2, 3, 4, 6, 8, 11, 16, 22]
    const paired = medianRatio(
      drift.map((time) => time * 1.1),
      drift,
    )
    expect(paired.low).toBeCloseTo(1.1)
    expect(paired.high).toBeCloseTo(1.1)
    const apart = medianRatio(
      drift.map((time) => time * 1.1),
      [...drift, 5],
    )
    expect(against(apart, 1)).toBe('unclear')
  })

  test('is not widened by slow spells that both went through, whichever came more often', () => {
    const spells = [1, 1, 6, 1, 6, 6, 1, 6, 1]
    const { value, low, high } = medianRatio(
      spells.map((time) => time * 1.2),
      spells,
    )
    for (const figure of [value, low, high]) expect(figure).toBeCloseTo(1.2)
  })

  test('of too few samples has no bounds', () => {
    expect(medianRatio([4, 4], [2, 2, 2])).toEqual({ value: 2, low: 0, high: Infinity })
  })
})

test('a spread is the middle half as a part of the median, whatever the unit', () => {
  const times = [1_000, 90, 95, 100, 105]
  expect(relativeSpread(times)).toBeCloseTo(10 / 100)
  expect(relativeSpread(times.map((time) => time / 1_000))).toBeCloseTo(10 / 100)
  expect(relativeSpread([7, 7, 7])).toBe(0)
})

describe('seeded random numbers', () => {
  test('lie from 0 to 1 and follow from the seed alone', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (seed) => {
        const one = seededRandom(seed)
        const other = seededRandom(seed)
        for (let i = 0; i < 50; i++) {
          const value = one()
          expect(value).toBe(other())
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThan(1)
        }
      }),
    )
  })

  test('are spread evenly', () => {
    const random = seededRandom(1)
    const tenths = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(random() * 10)]! += 1
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  test('differ from seed to seed, also where seeds are neighbours or large', () => {
    const firsts = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 40].map((seed) => seededRandom(seed)())
    expect(new Set(firsts).size).toBe(firsts.length)
  })
})
