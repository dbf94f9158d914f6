import { expect, test } from 'vitest'
import { MetricsRegistry } from '../src/index.ts'
import { droppedIn, histogramOf, numberOf, timelinesOf } from './threads/reading.ts'

const help = 'For a test.'
const LEAST = 64 * 1024

test('a name has so many series and no more; the rest is dropped and counted', () => {
  const registry = new MetricsRegistry({ seriesPerName: 2 })
  for (const user of ['ann', 'bob', 'cleo', 'ann', 'dora']) {
    registry.counter('visits_total', { help, labels: { user } }).add(2)
    registry.gauge('level', { help, labels: { user } }).set(2)
    registry.histogram('size', { help, labels: { user } }).record(2)
    registry.timeline('work', { labels: { user } }).record('span', 1, 2)
  }
  const snapshot = registry.snapshot()
  const users = snapshot.series
    .filter(({ name }) => name === 'visits_total')
    .map(({ labels }) => labels.user)
  expect(users).toEqual(['ann', 'bob'])
  expect(numberOf(snapshot, 'visits_total', { user: 'ann' })).toBe(4)
  expect(timelinesOf(snapshot, 'work')).toHaveLength(2)
  expect(droppedIn(snapshot)).toBe(8)
})

test('full memory drops and counts, and what is there goes on', () => {
  const registry = new MetricsRegistry({ limitBytes: LEAST })
  const counter = registry.counter('first_total', { help })
  const histogram = registry.histogram('first_seconds', { help })
  counter.add()
  histogram.record(1)
  let n = 0
  while (droppedIn(registry.snapshot()) === 0) {
    n += 1
    registry.counter(`more_${n}_total`, { help }).add()
  }
  const before = droppedIn(registry.snapshot())
  registry.gauge('late', { help }).set(1)
  registry.histogram('late_seconds', { help }).record(1)
  registry.timeline('late_work').record('span', 1, 2)
  histogram.record(1e300) // a chunk of buckets that finds no room
  histogram.record(1)
  counter.add()
  const snapshot = registry.snapshot()
  expect(droppedIn(snapshot)).toBe(before + 4)
  expect(numberOf(snapshot, 'first_total')).toBe(2)
  expect(histogramOf(snapshot, 'first_seconds')).toMatchObject({ count: 2, sum: 2 })
  expect(n).toBeGreaterThan(100)
})

test('full memory has no shard for another thread, whose recordings are dropped and counted', () => {
  const registry = new MetricsRegistry({ limitBytes: LEAST })
  for (let n = 0; droppedIn(registry.snapshot()) === 0; n += 1) {
    registry.counter(`more_${n}_total`, { help }).add()
  }
  let handle = registry.share()
  while (handle.shard !== 0) handle = registry.share()
  const before = droppedIn(registry.snapshot())
  const other = MetricsRegistry.attach(handle)
  other.counter('more_0_total', { help }).add()
  other.gauge('more', { help }).set(1)
  other.timeline('work').record('span', 1, 2)
  expect(other.slot).toBe(-1)
  expect(droppedIn(other.snapshot())).toBe(before + 3)
  expect(numberOf(other.snapshot(), 'more_0_total')).toBe(1)
  registry.retire(handle)
})

test('memory grows with what is used, not with the limit', () => {
  const before = process.memoryUsage().rss
  const registries = Array.from({ length: 20 }, () => new MetricsRegistry({ limitBytes: 2 ** 29 }))
  for (const registry of registries) registry.counter('a_total', { help }).add()
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20) // of 10 GiB
  expect(registries[19]!.share().buffer.byteLength).toBe(LEAST)
})
