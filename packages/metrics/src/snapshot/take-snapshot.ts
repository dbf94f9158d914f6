/** Sums the shards of all threads, without stopping any of them. */

import type { Series } from '../memory/directory.ts'
import type { Shard } from '../memory/shard.ts'
import { readCounter } from '../recorders/counter.ts'
import { readGauge } from '../recorders/gauge.ts'
import { HistogramSum } from '../recorders/histogram.ts'
import { readTimeline } from '../recorders/timeline.ts'
import { DROPPED_NAME } from '../series-options.ts'
import type { MetricsSnapshot, SeriesSnapshot, Span, TimelineSnapshot } from './snapshot.ts'

export function takeSnapshot(shard: Shard, takenAt: number): MetricsSnapshot {
  const cells = cellsBySeries(shard)
  const series: SeriesSnapshot[] = [droppedSeries(shard)]
  const timelines: TimelineSnapshot[] = []
  for (const one of shard.directory.all()) {
    const own = cells.get(one.id) ?? []
    if (one.kind === 'timeline') timelines.push(...timelineSnapshots(shard, one, own))
    else series.push(...seriesSnapshot(shard, one, own))
  }
  return { schema: 1, takenAt, series, timelines }
}

function cellsBySeries(shard: Shard): Map<number, number[]> {
  const cells = new Map<number, number[]>()
  for (const { series, data } of shard.everyCell()) {
    const own = cells.get(series)
    if (own === undefined) cells.set(series, [data])
    else own.push(data)
  }
  return cells
}

function droppedSeries({ arena }: Shard): SeriesSnapshot {
  return {
    name: DROPPED_NAME,
    kind: 'counter',
    unit: '',
    help: 'Recordings that were refused: bad values, too many series, or no memory left.',
    labels: {},
    value: arena.dropped,
  }
}

/** One series; none when only threads that are gone had set it. */
function seriesSnapshot(
  { arena }: Shard,
  { kind, name, unit, help, labels }: Series,
  cells: readonly number[],
): SeriesSnapshot[] {
  if (kind === 'histogram') {
    const sum = new HistogramSum()
    for (const cell of cells) sum.add(arena, cell)
    return [{ name, kind, unit, help, labels, value: sum.value() }]
  }
  if (kind === 'counter') {
    const value = total(cells.map((cell) => readCounter(arena, cell)))
    return [{ name, kind, unit, help, labels, value }]
  }
  const shares = cells.map((cell) => readGauge(arena, cell)).filter((share) => share !== undefined)
  if (shares.length === 0 && cells.length > 0) return []
  return [{ name, kind: 'gauge', unit, help, labels, value: total(shares) }]
}

/** JSON has no infinity. */
function total(values: readonly number[]): number {
  const sum = values.reduce((left, right) => left + right, 0)
  return Math.max(-Number.MAX_VALUE, Math.min(sum, Number.MAX_VALUE))
}

/** One for each thread that has spans, or records into the timeline now. */
function timelineSnapshots(
  { arena, directory }: Shard,
  { name, labels, capacity }: Series,
  cells: readonly number[],
): TimelineSnapshot[] {
  const threads = new Map<number, { spans: Span[]; dropped: number }>()
  const of = (thread: number): { spans: Span[]; dropped: number } => {
    const own = threads.get(thread) ?? { spans: [], dropped: 0 }
    threads.set(thread, own)
    return own
  }
  for (const cell of cells) {
    const ring = readTimeline(arena, cell, { capacity, directory })
    of(ring.thread).dropped += ring.dropped
    for (const { thread, span } of ring.spans) of(thread).spans.push(span)
  }
  const labelled = Object.keys(labels).length > 0 ? { labels } : {}
  return [...threads].map(([thread, { spans, dropped }]) => ({
    name,
    ...labelled,
    thread,
    spans,
    dropped,
  }))
}
