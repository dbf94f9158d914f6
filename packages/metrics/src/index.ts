export { InvalidOptionError } from './invalid-option-error.ts'
export type { Counter } from './recorders/counter.ts'
export type { Gauge } from './recorders/gauge.ts'
export type { Histogram } from './recorders/histogram.ts'
export type { SpanLinks, Timeline } from './recorders/timeline.ts'
export type { MetricsHandle, MetricsRegistryOptions } from './registry.ts'
export { MetricsRegistry } from './registry.ts'
export type { ObserveResourcesOptions, ResourceObserver } from './resources/observe-resources.ts'
export { observeResources } from './resources/observe-resources.ts'
export type { Labels, SeriesOptions, TimelineOptions } from './series-options.ts'
export { diff } from './snapshot/diff.ts'
export { quantile } from './snapshot/histogram-value.ts'
export { merge } from './snapshot/merge.ts'
export type {
  HistogramBucket,
  HistogramSeries,
  HistogramValue,
  MetricsSnapshot,
  NumberSeries,
  SeriesSnapshot,
  Span,
  TimelineSnapshot,
} from './snapshot/snapshot.ts'
