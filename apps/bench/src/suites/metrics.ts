/** What it costs to record one value on one thread. */
import { recordingTime } from '../measure/recording-time.ts'
import { hdrHistogram, hdrHistogramWasm } from '../rivals/recorder/hdr-histogram.ts'
import { nodeHistogram } from '../rivals/recorder/node-histogram.ts'
import { plainField, plainFields } from '../rivals/recorder/plain-field.ts'
import { promClientCounter, promClientHistogram } from '../rivals/recorder/prom-client.ts'
import type { RecorderRival } from '../rivals/recorder/recorder-rival.ts'
import { threeplyCounter, threeplyHistogram } from '../rivals/recorder/threeply.ts'
import type { Subject, Suite } from '../suite.ts'

const counters = [threeplyCounter, promClientCounter, plainField]
const histograms = [
  threeplyHistogram,
  promClientHistogram,
  hdrHistogram,
  hdrHistogramWasm,
  nodeHistogram,
  plainFields,
]

export const suite: Suite = {
  title: 'values recorded on one thread, time per value',
  unit: 'ns',
  cases: [
    { name: 'counter', items: 5_000_000, subjects: counters.map(subject) },
    { name: 'histogram', items: 5_000_000, subjects: histograms.map(subject) },
  ],
}

function subject(rival: RecorderRival): Subject {
  return {
    name: rival.name,
    role: rival.role,
    measure: async (values) => recordingTime(values, await rival.open()),
  }
}
