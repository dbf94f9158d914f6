export type { Counter } from './counter.ts'
export type { Gauge } from './gauge.ts'
export type { Histogram } from './histogram.ts'
export { InvalidOptionError } from './invalid-option-error.ts'
export type { MetricsHandle, MetricsRegistryOptions } from './registry.ts'
export { MetricsRegistry } from './registry.ts'
export type { Labels, SeriesOptions, TimelineOptions } from './series-options.ts'
export type {
  HistogramBucket,
  HistogramSeries,
  HistogramValue,
  MetricsSnapshot,
  NumberSeries,
  SeriesSnapshot,
  Span,
  TimelineSnapshot,
} from './snapshot.ts'
export type { SpanLinks, Timeline } from './timeline.ts'
