import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { MetricsRegistry } from '../src/index.ts'
import { has, numberOf, timelinesOf } from './threads/reading.ts'
import { startThread } from './threads/start-thread.ts'

const help = 'For a test.'
const patience = { timeout: 60_000 }

describe('a thread that is retired', patience, () => {
  test('keeps what it counted, and what it added to gauges; what it had set is gone', async () => {
    const registry = new MetricsRegistry()
    registry.gauge('depth', { help }).add(-1)
    const { handle, exited } = startThread(registry, 'setGauge', { amount: 5 })
    await exited
    expect(numberOf(registry.snapshot(), 'heap')).toBe(5)
    registry.retire(handle)
    const snapshot = registry.snapshot()
    expect(has(snapshot, 'heap')).toBe(false)
    expect(numberOf(snapshot, 'depth')).toBe(4)
  })

  test('gives its place to the next, which goes on from there', async () => {
    const registry = new MetricsRegistry()
    const first = startThread(registry, 'recordAll', { amount: 3 })
    const firstId = first.worker.threadId
    await first.exited
    registry.retire(first.handle)
    const second = startThread(registry, 'recordAll', { amount: 4 })
    const secondId = second.worker.threadId
    await second.exited
    expect(second.handle.shard).toBe(first.handle.shard)
    const snapshot = registry.snapshot()
    expect(numberOf(snapshot, 'jobs_total')).toBe(7)
    const spans = timelinesOf(snapshot, 'work').map(({ thread, spans }) => [thread, spans.length])
    expect(spans).toEqual([
      [secondId, 4],
      [firstId, 3],
    ])
  })

  test('takes its own threads with it', async () => {
    const registry = new MetricsRegistry()
    const { worker, handle, open, exited } = startThread(registry, 'nest', { amount: 3 })
    await once(worker, 'message')
    open()
    await exited
    registry.retire(handle)
    const slots = [1, 2, 3].map(() => MetricsRegistry.attach(registry.share()).slot)
    expect(slots).toEqual([1, 2, 3]) // 1 was the thread's and 2 its inner thread's
    expect(numberOf(registry.snapshot(), 'jobs_total')).toBe(6)
  })

  test('cannot be opened again, and is retired once', () => {
    const registry = new MetricsRegistry()
    const handle = registry.share()
    registry.retire(handle)
    expect(() => MetricsRegistry.attach(handle)).toThrow('was retired')
    const next = registry.share()
    expect(next.shard).toBe(handle.shard)
    registry.retire(handle)
    expect(registry.share().shard).not.toBe(next.shard)
    expect(MetricsRegistry.attach(next).slot).toBe(1)
  })
})

test('threads come and go for ever in the memory of one', () => {
  const registry = new MetricsRegistry({ limitBytes: 512 * 1024 })
  for (let n = 1; n <= 2_000; n += 1) {
    const handle = registry.share()
    const inThread = MetricsRegistry.attach(handle)
    inThread.counter('a_total', { help }).add()
    inThread.gauge('b', { help }).set(n)
    inThread.histogram('c', { help }).record(n)
    inThread.timeline('d').record('span', n, n)
    expect(inThread.slot).toBe(1)
    expect(numberOf(registry.snapshot(), 'a_total')).toBe(n)
    expect(numberOf(registry.snapshot(), 'b')).toBe(n)
    registry.retire(handle)
  }
  expect(numberOf(registry.snapshot(), 'threeply_metrics_dropped_total')).toBe(0)
  expect(numberOf(registry.snapshot(), 'a_total')).toBe(2_000)
})
