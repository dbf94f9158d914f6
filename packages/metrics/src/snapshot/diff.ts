/** What happened between two snapshots of one registry: a window on counts that never end. */
import { subtractHistograms } from './histogram-value.ts'
import { seriesKey, spanKey, timelineKey } from './keys.ts'
import type { MetricsSnapshot, SeriesSnapshot, Span, TimelineSnapshot } from './snapshot.ts'

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

/**
 * Spans have no number of their own. How many were recorded in between is known, so the last so many
 * are new; that is checked, as a retired thread's count goes to the next owner of its ring.
 */
function newSpans(after: TimelineSnapshot, before: TimelineSnapshot | undefined): TimelineSnapshot {
  if (before === undefined) return after
  const recorded = recordedIn(after) - recordedIn(before)
  const old = after.spans.length - recorded
  const spans = isOverlap(before.spans, after.spans, old)
    ? after.spans.slice(Math.max(0, old))
    : withoutKnown(after.spans, before.spans)
  return { ...after, spans, dropped: Math.max(0, recorded - spans.length) }
}

function recordedIn({ spans, dropped }: TimelineSnapshot): number {
  return spans.length + dropped
}

/** Whether the last `length` spans of `before` are the first of `after`; of none, when all are new. */
function isOverlap(before: readonly Span[], after: readonly Span[], length: number): boolean {
  if (length > before.length || length > after.length) return false
  const old = before.slice(before.length - Math.max(0, length))
  return old.every((span, place) => spanKey(span) === spanKey(after[place]!))
}

/** The spans that are not in `known`; equal ones are told apart by how many there are. */
function withoutKnown(spans: readonly Span[], known: readonly Span[]): readonly Span[] {
  const left = new Map<string, number>()
  for (const span of known) left.set(spanKey(span), (left.get(spanKey(span)) ?? 0) + 1)
  return spans.filter((span) => {
    const count = left.get(spanKey(span)) ?? 0
    if (count > 0) left.set(spanKey(span), count - 1)
    return count === 0
  })
}
