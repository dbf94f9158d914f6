import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MetricsRegistry } from '../src/index.ts'
import { droppedIn, timelinesOf } from './threads/reading.ts'

test('keeps the last spans in the order in which they were recorded, and counts the others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 40 }), (capacity, amount) => {
      const registry = new MetricsRegistry()
      const timeline = registry.timeline('work', { capacity })
      for (let n = 0; n < amount; n += 1) timeline.record('span', n, n)
      const kept = Math.min(capacity, amount)
      const [{ spans, dropped } = { spans: [], dropped: -1 }] = timelinesOf(
        registry.snapshot(),
        'work',
      )
      expect(dropped).toBe(amount - kept)
      expect(spans.map(({ start }) => start)).toEqual(
        Array.from({ length: kept }, (_, n) => amount - kept + n),
      )
    }),
  )
})

test('gives times, names and links back exactly', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  const link = fc.option(finite, { nil: undefined })
  fc.assert(
    fc.property(fc.string(), finite, finite, link, link, (name, one, other, id, parent) => {
      const [start, end] = [Math.min(one, other) + 0, Math.max(one, other) + 0]
      const registry = new MetricsRegistry()
      registry.timeline('work').record(name, start, end, { id, parent })
      const [timeline] = timelinesOf(registry.snapshot(), 'work')
      const expected = {
        name,
        start,
        end,
        ...(id === undefined ? {} : { id: id + 0 }),
        ...(parent === undefined ? {} : { parent: parent + 0 }),
      }
      expect(timeline!.spans).toStrictEqual([expected])
    }),
  )
})

test('tells the time since 1970, in milliseconds, and never goes back', () => {
  const timeline = new MetricsRegistry().timeline('work')
  let last = timeline.now()
  expect(Math.abs(last - Date.now())).toBeLessThan(60_000)
  for (let n = 0; n < 10_000; n += 1) {
    const now = timeline.now()
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
})

test('takes so many names of spans and no more', () => {
  const registry = new MetricsRegistry({ seriesPerName: 3 })
  const timeline = registry.timeline('work')
  for (const name of ['a', 'b', 'c', 'd', 'a', 'e']) timeline.record(name, 1, 2)
  const [{ spans } = { spans: [] }] = timelinesOf(registry.snapshot(), 'work')
  expect(spans.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'a'])
  expect(droppedIn(registry.snapshot())).toBe(2)
})

test('tells timelines of other labels apart', () => {
  const registry = new MetricsRegistry()
  registry.timeline('work', { labels: { x: '1' } }).record('span', 1, 2)
  registry.timeline('work').record('span', 3, 4)
  expect(timelinesOf(registry.snapshot(), 'work')).toEqual([
    {
      name: 'work',
      labels: { x: '1' },
      thread: 0,
      spans: [{ name: 'span', start: 1, end: 2 }],
      dropped: 0,
    },
    { name: 'work', thread: 0, spans: [{ name: 'span', start: 3, end: 4 }], dropped: 0 },
  ])
})
