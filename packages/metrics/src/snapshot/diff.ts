/** What happened between two snapshots of one registry: a window on counts that never end. */
import { subtractHistograms } from './histogram-value.ts'
import { seriesKey, spanKey, timelineKey } from './keys.ts'
import type { MetricsSnapshot, SeriesSnapshot, TimelineSnapshot } from './snapshot.ts'

/**
 * What `after` has more than `before`: counters and histograms are subtracted, gauges are as they
 * are in `after`, timelines have the new spans. A series that is new counts whole, and so does one
 * that has shrunk, because its process started anew in between.
 * @example
 * const before = registry.snapshot()
 * await work()
 * const { series } = diff(before, registry.snapshot())
 */
export function diff(before: MetricsSnapshot, after: MetricsSnapshot): MetricsSnapshot {
  const series = new Map(before.series.map((one) => [seriesKey(one), one]))
  const timelines = new Map(before.timelines.map((one) => [timelineKey(one), one]))
  return {
    schema: 1,
    takenAt: after.takenAt,
    series: after.series.map((one) => subtract(one, series.get(seriesKey(one)))),
    timelines: after.timelines.map((one) => newSpans(one, timelines.get(timelineKey(one)))),
  }
}

function subtract(after: SeriesSnapshot, before: SeriesSnapshot | undefined): SeriesSnapshot {
  if (after.kind === 'histogram') {
    if (before?.kind !== 'histogram') return after
    return { ...after, value: subtractHistograms(after.value, before.value) }
  }
  if (after.kind !== 'counter' || before?.kind !== 'counter') return after
  return before.value > after.value ? after : { ...after, value: after.value - before.value }
}

/** Spans have no number of their own; equal ones are told apart by how many there are. */
function newSpans(after: TimelineSnapshot, before: TimelineSnapshot | undefined): TimelineSnapshot {
  if (before === undefined) return after
  const known = new Map<string, number>()
  for (const span of before.spans) {
    const key = spanKey(span)
    known.set(key, (known.get(key) ?? 0) + 1)
  }
  const spans = after.spans.filter((span) => {
    const key = spanKey(span)
    const left = known.get(key) ?? 0
    if (left > 0) known.set(key, left - 1)
    return left === 0
  })
  return { ...after, spans, dropped: droppedBetween(before, after, spans.length) }
}

/** Of the spans that were recorded in the window, those that were overwritten in it. */
function droppedBetween(before: TimelineSnapshot, after: TimelineSnapshot, kept: number): number {
  const recorded = after.spans.length + after.dropped - before.spans.length - before.dropped
  return Math.max(0, recorded - kept)
}
