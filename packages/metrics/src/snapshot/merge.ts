/** Several snapshots as one: of processes, of registries, of one window after the other. */
import { InvalidOptionError } from '../invalid-option-error.ts'
import { mergeHistograms } from './histogram-value.ts'
import { seriesKey, timelineKey } from './keys.ts'
import type {
  HistogramSeries,
  MetricsSnapshot,
  NumberSeries,
  SeriesSnapshot,
  TimelineSnapshot,
} from './snapshot.ts'

/**
 * Adds snapshots up: counters, gauges and histograms by name and labels, timelines by name, labels
 * and thread, one after the other. `takenAt` is the latest; help and unit are the first one's. The
 * order of series is that in which they are first met. Of no snapshots, an empty one.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a name is of different kinds.
 */
export function merge(...snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const series = new Map<string, SeriesSnapshot>()
  const kinds = new Map<string, SeriesSnapshot['kind']>()
  const timelines = new Map<string, TimelineSnapshot>()
  let takenAt = 0
  for (const snapshot of snapshots) {
    takenAt = Math.max(takenAt, snapshot.takenAt)
    for (const one of snapshot.series) {
      checkKind(one, kinds)
      const key = seriesKey(one)
      const other = series.get(key)
      series.set(key, other === undefined ? one : addSeries(other, one))
    }
    for (const one of snapshot.timelines) {
      const key = timelineKey(one)
      const other = timelines.get(key)
      timelines.set(key, other === undefined ? one : addTimeline(other, one))
    }
  }
  return { schema: 1, takenAt, series: [...series.values()], timelines: [...timelines.values()] }
}

function checkKind(
  { name, kind }: SeriesSnapshot,
  kinds: Map<string, SeriesSnapshot['kind']>,
): void {
  const other = kinds.get(name) ?? kind
  kinds.set(name, other)
  if (other === kind) return
  throw new InvalidOptionError(
    'snapshots',
    `'${name}' is a ${other} in one snapshot and a ${kind} in another; they cannot be merged. ` +
      'Give one of them another name.',
  )
}

/** Of one kind, which was checked. */
function addSeries(left: SeriesSnapshot, right: SeriesSnapshot): SeriesSnapshot {
  if (left.kind === 'histogram') {
    return { ...left, value: mergeHistograms(left.value, (right as HistogramSeries).value) }
  }
  const sum = left.value + (right as NumberSeries).value
  const value = Math.max(-Number.MAX_VALUE, Math.min(sum, Number.MAX_VALUE)) // JSON has no infinity
  return { ...left, value }
}

function addTimeline(left: TimelineSnapshot, right: TimelineSnapshot): TimelineSnapshot {
  return {
    ...left,
    spans: [...left.spans, ...right.spans],
    dropped: left.dropped + right.dropped,
  }
}
