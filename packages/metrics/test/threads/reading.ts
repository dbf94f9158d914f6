/** Finds things in snapshots, and fails when they are not there. */
import type { HistogramValue, MetricsSnapshot, TimelineSnapshot } from '../../src/index.ts'

type Labels = Readonly<Record<string, string>>

export function numberOf(snapshot: MetricsSnapshot, name: string, labels: Labels = {}): number {
  const value = find(snapshot, name, labels)
  if (typeof value !== 'number') throw new Error(`${name} is no number`)
  return value
}

export function histogramOf(
  snapshot: MetricsSnapshot,
  name: string,
  labels: Labels = {},
): HistogramValue {
  const value = find(snapshot, name, labels)
  if (typeof value === 'number') throw new Error(`${name} is a number`)
  return value
}

export function timelinesOf(snapshot: MetricsSnapshot, name: string): readonly TimelineSnapshot[] {
  return snapshot.timelines.filter((timeline) => timeline.name === name)
}

export function droppedIn(snapshot: MetricsSnapshot): number {
  return numberOf(snapshot, 'threeply_metrics_dropped_total')
}

export function has(snapshot: MetricsSnapshot, name: string): boolean {
  return snapshot.series.some((series) => series.name === name)
}

function find(snapshot: MetricsSnapshot, name: string, labels: Labels): number | HistogramValue {
  const wanted = JSON.stringify(Object.entries(labels).sort())
  const found = snapshot.series.filter(
    (series) =>
      series.name === name && JSON.stringify(Object.entries(series.labels).sort()) === wanted,
  )
  if (found.length !== 1) {
    throw new Error(`${found.length} series ${name} ${wanted} in the snapshot, not one`)
  }
  return found[0]!.value
}
