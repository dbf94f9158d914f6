/** hdr-histogram-js 3: in JavaScript, and in WebAssembly, which its README has for more speed. */
import type { RecorderRival } from './recorder-rival.ts'

export const hdrHistogram = hdrHistogramRival('hdr-histogram-js', false)
export const hdrHistogramWasm = hdrHistogramRival('hdr-histogram-js, wasm', true)

function hdrHistogramRival(name: string, useWebAssembly: boolean): RecorderRival {
  return {
    name,
    role: 'peer',
    async open() {
      const { default: hdr } = await import('hdr-histogram-js')
      if (useWebAssembly) await hdr.initWebAssembly()
      const histogram = hdr.build({ useWebAssembly, numberOfSignificantValueDigits: 2 })
      return {
        takes: 'nanoseconds',
        record: (value) => histogram.recordValue(value),
        count: () => histogram.totalCount,
      }
    },
  }
}
