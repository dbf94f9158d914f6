import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidOptionError, MetricsRegistry, quantile } from '../src/index.ts'
import { droppedIn, histogramOf } from './threads/reading.ts'

const RELATIVE_ERROR = 1 / 64

/** The smallest double whose fraction has all its bits; below, only the absolute error is bounded. */
const SMALLEST_NORMAL = 2 ** -1022

function distributionOf(values: readonly number[]) {
  const registry = new MetricsRegistry()
  const histogram = registry.histogram('a', { help: 'For a test.' })
  for (const value of values) histogram.record(value)
  return histogramOf(registry.snapshot(), 'a')
}

const anyValue = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 10, noNaN: true }),
  fc.nat({ max: 5 }),
  fc.constantFrom(0, 5e-324, SMALLEST_NORMAL, 1, 1.03125, 2 ** 53, Number.MAX_VALUE),
)
const someValues = fc.array(anyValue, { minLength: 1, maxLength: 60 })

describe('a value that is recorded with a count', () => {
  test('is there so many times', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 40 }), (value, count) => {
        const registry = new MetricsRegistry()
        registry.histogram('a', { help: 'For a test.' }).record(value, count)
        expect(histogramOf(registry.snapshot(), 'a')).toEqual(
          distributionOf(Array<number>(count).fill(value)),
        )
      }),
    )
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2', null])(
    'is dropped when that is %o',
    (count) => {
      const registry = new MetricsRegistry()
      registry.histogram('a', { help: 'For a test.' }).record(1, count as number)
      expect(histogramOf(registry.snapshot(), 'a').count).toBe(0)
      expect(droppedIn(registry.snapshot())).toBe(1)
    },
  )
})

describe('a quantile', () => {
  test('is within 1/64 of the value that an exact sort gives', () => {
    fc.assert(
      fc.property(someValues, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = [...values].sort((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]!
        const error = Math.abs(quantile(distributionOf(values), q) - exact)
        expect(error).toBeLessThanOrEqual(Math.max(exact * RELATIVE_ERROR, SMALLEST_NORMAL / 64))
      }),
      { numRuns: 500 },
    )
  })

  test('is exact for the smallest and the largest', () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const distribution = distributionOf(values)
        expect(quantile(distribution, 0)).toBe(Math.min(...values) + 0)
        expect(quantile(distribution, 1)).toBe(Math.max(...values))
      }),
    )
  })

  test('grows with q', () => {
    const distribution = distributionOf(Array.from({ length: 500 }, (_, n) => 1.02 ** n))
    const quantiles = Array.from({ length: 1001 }, (_, n) => quantile(distribution, n / 1000))
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b))
  })

  test('of many zeros is 0', () => {
    expect(quantile(distributionOf([0, 0, 0, 7]), 0.5)).toBe(0)
  })

  test('is the nearest rank, whatever a product rounds to', () => {
    const distribution = distributionOf(Array.from({ length: 100 }, (_, n) => 2 ** n))
    // 0.07 * 100 is 7.000000000000001
    for (let rank = 1; rank <= 100; rank += 1) {
      const found = quantile(distribution, rank / 100)
      expect(Math.abs(found / 2 ** (rank - 1) - 1)).toBeLessThanOrEqual(RELATIVE_ERROR)
    }
  })

  test('of nothing is not a number', () => {
    expect(quantile(distributionOf([]), 0.5)).toBeNaN()
  })

  test.each([-0.1, 1.1, Number.NaN, '0.5' as never])('refuses a share of %s', (q) => {
    expect(() => quantile(distributionOf([1]), q)).toThrow(InvalidOptionError)
  })
})

describe('buckets', () => {
  test('hold every value between their bounds, once, and ascend without overlap', () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const { buckets, count, min, max } = distributionOf(values)
        expect(count).toBe(values.length)
        expect([min, max]).toEqual([Math.min(...values) + 0, Math.max(...values)])
        for (const { lower, upper, count: inBucket } of buckets) {
          const isLast = upper === Number.MAX_VALUE
          const within = values.filter((v) => v >= lower && (v < upper || (isLast && v === upper)))
          expect(within).toHaveLength(inBucket)
        }
        for (const [n, { lower }] of buckets.entries()) {
          if (n > 0) expect(lower).toBeGreaterThanOrEqual(buckets[n - 1]!.upper)
        }
      }),
    )
  })

  test('are at most 1/32 wide, over all doubles', () => {
    const values = Array.from({ length: 2046 }, (_, n) => 2 ** (n - 1022)).filter(Number.isFinite)
    for (const { lower, upper } of distributionOf(values).buckets) {
      expect((upper - lower) / lower).toBeLessThanOrEqual(1 / 32)
    }
  })

  test('add up to the sum', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1e9 }), { maxLength: 60 }), (values) => {
        const { sum } = distributionOf(values)
        expect(sum).toBe(values.reduce((total, value) => total + value, 0))
      }),
    )
  })
})
