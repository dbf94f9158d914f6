/** What a snapshot is: plain data, as JSON keeps it, the same from every thread and process. */

/** What one name and one set of labels came to, over all threads. */
export type SeriesSnapshot = NumberSeries | HistogramSeries

interface SeriesIdentity {
  readonly name: string
  /** `''` when none was given. */
  readonly unit: string
  readonly help: string
  readonly labels: Readonly<Record<string, string>>
}

export interface NumberSeries extends SeriesIdentity {
  readonly kind: 'counter' | 'gauge'
  readonly value: number
}

export interface HistogramSeries extends SeriesIdentity {
  readonly kind: 'histogram'
  readonly value: HistogramValue
}

/** A distribution. Of an empty one, all is 0. */
export interface HistogramValue {
  readonly count: number
  readonly sum: number
  /** The smallest and the largest value, exactly. */
  readonly min: number
  readonly max: number
  /** Those that are not empty, in ascending order. */
  readonly buckets: readonly HistogramBucket[]
}

export interface HistogramBucket {
  /** The smallest value that it takes. */
  readonly lower: number
  /** The smallest value above it. */
  readonly upper: number
  readonly count: number
}

/** From when to when something went on. */
export interface Span {
  readonly name: string
  /** Milliseconds since 1970, of {@link Timeline.now}: one clock for all threads. */
  readonly start: number
  readonly end: number
  readonly id?: number
  /** The `id` of the span that it belongs to. */
  readonly parent?: number
}

/** One thread's spans of one timeline. */
export interface TimelineSnapshot {
  readonly name: string
  /** There only when the timeline has any. */
  readonly labels?: Readonly<Record<string, string>>
  /** The `threadId` of `node:worker_threads`; 0 is the main thread. */
  readonly thread: number
  /** In the order in which they were recorded. */
  readonly spans: readonly Span[]
  /** How many older ones were overwritten. */
  readonly dropped: number
}

/** Everything that was recorded, at one moment. `JSON.parse(JSON.stringify(snapshot))` equals it. */
export interface MetricsSnapshot {
  readonly schema: 1
  /** Milliseconds since 1970, by the clock of the timelines. */
  readonly takenAt: number
  readonly series: readonly SeriesSnapshot[]
  readonly timelines: readonly TimelineSnapshot[]
}
