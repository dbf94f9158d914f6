/** What it costs to record a value, in a loop that does nothing else. */
import type { Recorder } from '../rivals/recorder/recorder-rival.ts'
import { expectEqual } from './expect-outputs.ts'
import { timePerItem } from './time-per-item.ts'

/** How many different durations are recorded over and over; a power of two. */
const DISTINCT = 4_096 // 32 KiB: they stay in the processor's nearest cache

/** @returns Nanoseconds per value, the loop's own included. */
export async function recordingTime(values: number, recorder: Recorder): Promise<number> {
  const durations = durationsFor(recorder)
  let recorded = 0
  const pass = () => {
    for (let i = 0; i < values; i += 1) recorder.record(durations[i & (DISTINCT - 1)]!)
    recorded += values
  }
  const time = await timePerItem(values, pass, () => {})
  expectEqual('the count', await recorder.count(), recorded)
  return time
}

/** From a microsecond to a second, each power of ten as often; shuffled the same way every time. */
function durationsFor({ takes }: Recorder): Float64Array {
  return Float64Array.from({ length: DISTINCT }, (_, index) => {
    const part = ((index * 2_654_435_761) % DISTINCT) / DISTINCT
    const seconds = 10 ** (-6 * part)
    return takes === 'seconds' ? seconds : Math.round(seconds * 1e9)
  })
}
