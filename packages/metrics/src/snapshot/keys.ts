/** What makes two series of two snapshots the same one. */
import type { SeriesSnapshot, Span, TimelineSnapshot } from './snapshot.ts'

export function seriesKey({ name, labels }: Pick<SeriesSnapshot, 'name' | 'labels'>): string {
  return JSON.stringify([name, sorted(labels)])
}

export function timelineKey({ name, labels, thread }: TimelineSnapshot): string {
  return JSON.stringify([name, sorted(labels ?? {}), thread])
}

export function spanKey({ name, start, end, id, parent }: Span): string {
  return JSON.stringify([name, start, end, id, parent])
}

/** Snapshots of ours are sorted; one that went through a database may not be. */
function sorted(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
}
