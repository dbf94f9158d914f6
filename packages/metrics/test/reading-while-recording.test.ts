import { expect, test } from 'vitest'
import { MetricsRegistry } from '../src/index.ts'
import { has, histogramOf, numberOf, timelinesOf } from './threads/reading.ts'
import { startThread, until } from './threads/start-thread.ts'

const patience = { timeout: 60_000 }

/** How often each test reads while two threads record. */
const READINGS = 1_500

test(
  'a counter never goes back, and is never read between two words of itself',
  patience,
  async () => {
    const registry = new MetricsRegistry()
    const amount = 2 ** 29 + 2 ** 28 // a carry with three of every four
    for (let thread = 0; thread < 2; thread += 1) startThread(registry, 'countForEver', { amount })
    await until(() => has(registry.snapshot(), 'jobs_total'))
    let last = 0
    let changes = 0
    for (let reading = 0; reading < READINGS || changes < 10; reading += 1) {
      const total = numberOf(registry.snapshot(), 'jobs_total')
      expect(total).toBeGreaterThanOrEqual(last)
      // A carry in progress stands for the next multiple of 2 ** 30, anything else for whole adds.
      expect(total % 2 ** 28).toBe(0)
      if (total > last) changes += 1
      last = total
      if (reading % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  },
)

test('a histogram’s count is that of its buckets, and never goes back', patience, async () => {
  const registry = new MetricsRegistry()
  for (let thread = 0; thread < 2; thread += 1) startThread(registry, 'observeForEver')
  await until(() => has(registry.snapshot(), 'job_seconds'))
  let last = 0
  let changes = 0
  for (let reading = 0; reading < READINGS || changes < 10; reading += 1) {
    const { count, min, max, sum, buckets } = histogramOf(registry.snapshot(), 'job_seconds')
    expect(count).toBeGreaterThanOrEqual(last)
    expect(buckets.reduce((total, bucket) => total + bucket.count, 0)).toBe(count)
    expect(min).toBeGreaterThanOrEqual(0)
    expect(max).toBeLessThanOrEqual(999)
    expect(sum).toBeGreaterThanOrEqual(0)
    if (count > last) changes += 1
    last = count
    if (reading % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
})

test('a span is never half of one and half of another', patience, async () => {
  const registry = new MetricsRegistry()
  registry.timeline('work', { capacity: 3 }) // so small that it is overwritten while it is read
  startThread(registry, 'recordSpansForEver')
  const read = () => timelinesOf(registry.snapshot(), 'work').find(({ thread }) => thread !== 0)
  await until(() => read() !== undefined)
  let last = 0
  let lastDropped = 0
  let seen = 0
  let missed = 0
  for (let reading = 0; reading < READINGS || seen < 100; reading += 1) {
    const { spans, dropped } = read()!
    for (const span of spans) {
      const n = span.start
      expect(span).toEqual({
        name: `span ${n % 7}`,
        start: n,
        end: n * 2,
        id: n * 3,
        parent: n * 4,
      })
    }
    const starts = spans.map(({ start }) => start)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(dropped).toBeGreaterThanOrEqual(lastDropped)
    // The first of them all is span 1: what was recorded before this reading is whole in it.
    if (spans.length === 3) expect(starts[2]).toBe(dropped + 3)
    else missed += 1
    seen += spans.length
    last = starts.at(-1) ?? last
    lastDropped = dropped
    if (reading % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(seen).toBeGreaterThan(0)
  expect(missed).toBeGreaterThan(0) // the thread did overwrite what was being read
})
