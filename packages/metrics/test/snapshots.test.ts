import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  diff,
  type HistogramValue,
  InvalidOptionError,
  MetricsRegistry,
  type MetricsSnapshot,
  merge,
} from '../src/index.ts'
import { droppedIn, has, histogramOf, numberOf, timelinesOf } from './threads/reading.ts'

const help = 'For a test.'

/** Something to record; whole numbers, so that sums are exact in any order. */
type Deed =
  | readonly ['count' | 'move' | 'observe', name: string, value: number]
  | readonly ['span', name: string, start: number]

const names = fc.constantFrom('a', 'b', 'c')
const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom('count', 'observe'), names, fc.nat({ max: 1_000 })),
    fc.tuple(fc.constant('move'), names, fc.integer({ min: -100, max: 100 })),
    fc.tuple(fc.constant('span'), names, fc.nat({ max: 20 })),
  ),
  { maxLength: 25 },
) as fc.Arbitrary<Deed[]>

function act(registry: MetricsRegistry, deed: Deed): void {
  const [kind, name, value] = deed
  const labels = { name }
  if (kind === 'count') registry.counter('count_total', { help, labels }).add(value)
  if (kind === 'move') registry.gauge('level', { help, labels }).add(value)
  if (kind === 'observe') registry.histogram('size', { help, labels }).record(value)
  if (kind === 'span') registry.timeline('work', { capacity: 10 }).record(name, value, value + 1)
}

function snapshotOf(...parts: readonly Deed[][]): MetricsSnapshot {
  const registry = new MetricsRegistry()
  for (const deed of parts.flat()) act(registry, deed)
  return { ...registry.snapshot(), takenAt: 1 }
}

/** The order of series follows who was first; what they say must not. */
function content({ series, timelines }: MetricsSnapshot) {
  const byKey = <T>(list: readonly T[], key: (one: T) => string) =>
    [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1))
  return {
    series: byKey(series, ({ name, labels }) => JSON.stringify([name, labels])),
    timelines: byKey(timelines, ({ name }) => name),
  }
}

describe('merge', () => {
  test('gives what one registry would have recorded', () => {
    fc.assert(
      fc.property(deeds, deeds, (one, other) => {
        const isSpan = ([kind]: Deed) => kind === 'span'
        const whole = [one, other].map((part) => part.filter((deed) => !isSpan(deed)))
        const merged = merge(...whole.map((part) => snapshotOf(part)))
        expect(content(merged)).toEqual(content(snapshotOf(...whole)))
      }),
    )
  })

  test('is associative, and nothing merged in changes nothing', () => {
    fc.assert(
      fc.property(deeds, deeds, deeds, (...parts) => {
        const [a, b, c] = parts.map((part) => snapshotOf(part)) as [
          MetricsSnapshot,
          MetricsSnapshot,
          MetricsSnapshot,
        ]
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)))
        expect(merge(a, b, c)).toEqual(merge(merge(a, b), c))
        expect(merge(a, merge())).toEqual(a)
        expect(merge(merge(), a)).toEqual(a)
      }),
    )
  })

  test('keeps all spans, and how many were dropped', () => {
    const many = Array.from({ length: 12 }, (_, n): Deed => ['span', 'a', n])
    const [timeline] = merge(snapshotOf(many), snapshotOf(many)).timelines
    expect(timeline).toMatchObject({ name: 'work', thread: 0, dropped: 4 })
    expect(timeline!.spans).toHaveLength(20)
  })

  test('refuses a name of two kinds', () => {
    const one = new MetricsRegistry()
    one.counter('a', { help })
    const other = new MetricsRegistry()
    other.histogram('a', { help, labels: { x: '1' } })
    expect(() => merge(one.snapshot(), other.snapshot())).toThrow(InvalidOptionError)
  })

  test('does not go beyond the largest number', () => {
    const registry = new MetricsRegistry()
    registry.counter('a_total', { help }).add(Number.MAX_VALUE)
    registry.histogram('b', { help }).record(Number.MAX_VALUE)
    const twice = merge(registry.snapshot(), registry.snapshot())
    expect(JSON.parse(JSON.stringify(twice))).toStrictEqual(twice)
  })
})

describe('diff', () => {
  test('gives what was recorded in between', () => {
    fc.assert(
      fc.property(deeds, deeds, (before, between) => {
        const registry = new MetricsRegistry()
        for (const deed of before) act(registry, deed)
        const first = registry.snapshot()
        for (const deed of between) act(registry, deed)
        const second = registry.snapshot()
        const window = diff(first, second)
        const only = snapshotOf(between)
        for (const { name, kind, labels, value } of only.series) {
          if (kind === 'counter') expect(numberOf(window, name, labels)).toBe(value)
          if (kind === 'gauge')
            expect(numberOf(window, name, labels)).toBe(numberOf(second, name, labels))
          if (kind === 'histogram')
            expectWithin(histogramOf(window, name, labels), value as HistogramValue)
        }
        for (const { name, kind, labels, value } of window.series) {
          if (kind === 'counter' && !has(only, name)) expect([labels, value]).toEqual([labels, 0])
        }
        const spans = (snapshot: MetricsSnapshot) =>
          timelinesOf(snapshot, 'work').flatMap((t) => t.spans)
        const dropped = (snapshot: MetricsSnapshot) =>
          timelinesOf(snapshot, 'work').reduce((total, t) => total + t.dropped, 0)
        expect(spans(window)).toEqual(spans(only))
        expect(dropped(window)).toBe(dropped(only))
      }),
      { numRuns: 1_000 },
    )
  })

  test('counts a series whole that is new, or has shrunk', () => {
    const small = snapshotOf([
      ['count', 'a', 3],
      ['observe', 'a', 1],
    ])
    const large = snapshotOf([
      ['count', 'a', 5],
      ['observe', 'a', 1],
      ['observe', 'a', 2],
    ])
    expect(numberOf(diff(large, small), 'count_total', { name: 'a' })).toBe(3)
    expect(histogramOf(diff(large, small), 'size', { name: 'a' }).count).toBe(1)
    expect(numberOf(diff(merge(), small), 'count_total', { name: 'a' })).toBe(3)
  })

  test('has the new spans of a thread whose ring another thread has taken over', () => {
    const registry = new MetricsRegistry()
    const timeline = (thread: number, starts: readonly number[], dropped: number) => ({
      name: 'work',
      thread,
      spans: starts.map((start) => ({ name: 'a', start, end: start })),
      dropped,
    })
    const before = { ...registry.snapshot(), timelines: [timeline(1, [4, 5, 6], 3)] }
    const after = {
      ...registry.snapshot(),
      timelines: [timeline(1, [6, 7], 0), timeline(2, [8], 6)],
    }
    expect(diff(before, after).timelines).toEqual([timeline(1, [7], 0), timeline(2, [8], 6)])
  })

  test('shows what was refused in between', () => {
    const registry = new MetricsRegistry()
    const counter = registry.counter('a_total', { help })
    counter.add(-1)
    const before = registry.snapshot()
    counter.add(-1)
    expect(droppedIn(diff(before, registry.snapshot()))).toBe(1)
  })
})

/** Counts are exact; bounds that are not new are only known to the bucket. */
function expectWithin(window: HistogramValue, only: HistogramValue): void {
  expect(window.buckets).toEqual(only.buckets)
  expect(window.count).toBe(only.count)
  expect(window.sum).toBe(only.sum)
  if (only.count === 0) return
  expect(window.min).toBeLessThanOrEqual(only.min)
  expect(window.min).toBeGreaterThanOrEqual(only.buckets[0]!.lower)
  expect(window.max).toBeGreaterThanOrEqual(only.max)
  expect(window.max).toBeLessThanOrEqual(only.buckets.at(-1)!.upper)
}
