import { describe, expect, test } from 'vitest'
import { InvalidOptionError, MetricsRegistry, observeResources } from '../src/index.ts'
import { has, histogramOf, numberOf } from './threads/reading.ts'
import { until } from './threads/start-thread.ts'

const patience = { timeout: 60_000 }
const slot = '0'

function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

describe('observing resources', patience, () => {
  test('sees CPU, memory, threads and switches of the process', () => {
    const registry = new MetricsRegistry()
    using observer = observeResources(registry)
    const { user: userBefore } = process.cpuUsage()
    spin(80)
    const { user: userAfter } = process.cpuUsage()
    observer.stop()
    const snapshot = registry.snapshot()
    const user = numberOf(snapshot, 'threeply_process_cpu_seconds_total', { mode: 'user' })
    expect(user).toBeGreaterThanOrEqual((userAfter - userBefore) / 1e6)
    expect(numberOf(snapshot, 'threeply_process_resident_memory_bytes')).toBeGreaterThan(2 ** 24)
    if (process.platform === 'linux') {
      expect(numberOf(snapshot, 'threeply_process_threads')).toBeGreaterThan(1)
    }
    if (process.platform !== 'win32') {
      const type = 'voluntary'
      expect(
        numberOf(snapshot, 'threeply_process_context_switches_total', { type }),
      ).toBeGreaterThanOrEqual(0)
    }
  })

  test('sees CPU, heap and event loop of the thread', async () => {
    const registry = new MetricsRegistry()
    using observer = observeResources(registry, { interval: 5 })
    const loop = 'threeply_event_loop_seconds_total'
    await until(() => has(registry.snapshot(), 'threeply_event_loop_utilization_ratio'))
    await until(() => numberOf(registry.snapshot(), loop, { slot, state: 'idle' }) > 0)
    spin(150)
    const delay = () =>
      histogramOf(registry.snapshot(), 'threeply_event_loop_delay_seconds', { slot })
    await until(() => delay().max >= 0.12) // the timer was due during the spin
    observer.stop()
    const snapshot = registry.snapshot()
    expect(numberOf(snapshot, 'threeply_thread_heap_used_bytes', { slot })).toBeGreaterThan(2 ** 20)
    expect(numberOf(snapshot, 'threeply_thread_heap_total_bytes', { slot })).toBeGreaterThan(
      2 ** 20,
    )
    expect(numberOf(snapshot, loop, { slot, state: 'active' })).toBeGreaterThanOrEqual(0.15)
    const ratio = numberOf(snapshot, 'threeply_event_loop_utilization_ratio', { slot })
    expect(ratio).toBeGreaterThanOrEqual(0)
    expect(ratio).toBeLessThanOrEqual(1)
    const hasThreadCpu = typeof process.threadCpuUsage === 'function'
    expect(has(snapshot, 'threeply_thread_cpu_seconds_total')).toBe(hasThreadCpu)
  })

  test('says nothing of the process from any thread but the registry’s own', () => {
    const registry = new MetricsRegistry()
    using _ = observeResources(MetricsRegistry.attach(registry.share()))
    const names = registry.snapshot().series.map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('threeply_process_'))).toEqual([])
    expect(
      numberOf(registry.snapshot(), 'threeply_thread_heap_used_bytes', { slot: '1' }),
    ).toBeGreaterThan(0)
  })

  test('has stopped when it was stopped, and may start again', async () => {
    const registry = new MetricsRegistry()
    observeResources(registry, { interval: 1 }).stop()
    const samples = () =>
      histogramOf(registry.snapshot(), 'threeply_event_loop_delay_seconds', { slot }).count
    const before = samples()
    const other = new MetricsRegistry()
    using _ = observeResources(other, { interval: 1 })
    await until(
      () => histogramOf(other.snapshot(), 'threeply_event_loop_delay_seconds', { slot }).count > 2,
    )
    expect(samples()).toBe(before)
    const again = observeResources(registry)
    again.stop()
    again.stop()
    again[Symbol.dispose]()
  })

  test('refuses to count twice, and bad options', () => {
    const registry = new MetricsRegistry()
    for (const interval of [0, -1, Number.NaN, 2 ** 31, '5' as never]) {
      expect(() => observeResources(registry, { interval })).toThrow(InvalidOptionError)
    }
    expect(() => observeResources(registry, { every: 1 } as never)).toThrow("no option 'every'")
    using _ = observeResources(registry)
    expect(() => observeResources(registry)).toThrow(InvalidOptionError)
  })
})
