/** Node's own histogram, native code behind a call. */
import type { RecorderRival } from './recorder-rival.ts'

export const nodeHistogram: RecorderRival = {
  name: 'node:perf_hooks',
  role: 'peer',
  async open() {
    const { createHistogram } = await import('node:perf_hooks')
    const histogram = createHistogram({ figures: 2 })
    return {
      takes: 'nanoseconds',
      record: (value) => histogram.record(value),
      count: () => histogram.count,
    }
  },
}
