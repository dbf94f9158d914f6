/** Ours: handles of a registry in shared memory, made once, as is meant. */
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
      count: () => reading(registry.snapshot(), 'bench_events_total') as number,
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
      count: () =>
        (reading(registry.snapshot(), 'bench_duration_seconds') as { count: number }).count,
    }
  },
}

interface Snapshot {
  readonly series: readonly { readonly name: string; readonly value: unknown }[]
}

function reading(snapshot: Snapshot, name: string): unknown {
  return snapshot.series.find((series) => series.name === name)?.value
}
