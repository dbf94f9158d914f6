/** By hand, the most that can be had: fields of an object, that no other thread sees. */
import type { RecorderRival } from './recorder-rival.ts'

export const plainField: RecorderRival = {
  name: 'plain field',
  role: 'by hand',
  async open() {
    const counter = { value: 0 }
    return {
      takes: 'seconds',
      record: () => {
        counter.value += 1
      },
      count: () => counter.value,
    }
  },
}

/** No buckets: it could tell a mean and no percentile. */
export const plainFields: RecorderRival = {
  name: 'plain fields, count and sum',
  role: 'by hand',
  async open() {
    const summary = { count: 0, sum: 0 }
    return {
      takes: 'seconds',
      record: (value) => {
        summary.count += 1
        summary.sum += value
      },
      count: () => summary.count,
    }
  },
}
