/** Ours: handles of a registry in shared memory, made once, as is meant. */
import type { MetricsSnapshot } from '@threeply/metrics'
import type { RecorderRival } from './recorder-rival.ts'

export const threeplyCounter: RecorderRival = {
  name: 'threeply',
  role: 'ours',
  async open() {
    const { MetricsRegistry } = await import('@threeply/metrics')
    const registry = new MetricsRegistry()
    const counter = registry.counter('bench_events_total', { help: 'What the bench counts' })
    return {
      takes: 'seconds',
      record: () => counter.add(),
      count: () => reading(registry.snapshot(), 'bench_events_total'),
    }
  },
}

export const threeplyHistogram: RecorderRival = {
  name: 'threeply',
  role: 'ours',
  async open() {
    const { MetricsRegistry } = await import('@threeply/metrics')
    const registry = new MetricsRegistry()
    const help = 'What the bench records'
    const histogram = registry.histogram('bench_duration_seconds', { help, unit: 'seconds' })
    return {
      takes: 'seconds',
      record: (value) => histogram.record(value),
      count: () => reading(registry.snapshot(), 'bench_duration_seconds'),
    }
  },
}

function reading(snapshot: MetricsSnapshot, name: string): number {
  const series = snapshot.series.find((one) => one.name === name)
  if (!series) return 0
  return series.kind === 'histogram' ? series.value.count : series.value
}
