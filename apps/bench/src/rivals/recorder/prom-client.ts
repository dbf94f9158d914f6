/** prom-client 15, without labels: each label would cost it more. */
import type { RecorderRival } from './recorder-rival.ts'

export const promClientCounter: RecorderRival = {
  name: 'prom-client',
  role: 'peer',
  async open() {
    const { Counter, Registry } = await import('prom-client')
    const registers = [new Registry()]
    const counter = new Counter({ name: 'events_total', help: 'What is counted', registers })
    return {
      takes: 'seconds',
      record: () => counter.inc(),
      count: async () => (await counter.get()).values[0]?.value ?? 0,
    }
  },
}

export const promClientHistogram: RecorderRival = {
  name: 'prom-client',
  role: 'peer',
  async open() {
    const { Histogram, Registry } = await import('prom-client')
    const registers = [new Registry()]
    const histogram = new Histogram({ name: 'duration_seconds', help: 'What is timed', registers })
    return {
      takes: 'seconds',
      record: (value) => histogram.observe(value),
      count: async () => {
        const { values } = await histogram.get()
        return values.find(({ metricName }) => metricName === 'duration_seconds_count')?.value ?? 0
      },
    }
  },
}
