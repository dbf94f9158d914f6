import { expectTypeOf } from 'vitest'
import {
  type Counter,
  diff,
  type Gauge,
  type Histogram,
  type HistogramValue,
  type MetricsHandle,
  MetricsRegistry,
  type MetricsSnapshot,
  merge,
  observeResources,
  quantile,
  type Timeline,
} from '../src/index.ts'
import { runnerMetrics, type TaskOutcome } from '../src/runner.ts'

const registry = new MetricsRegistry()
const help = ''

expectTypeOf(registry.counter('a', { help })).toEqualTypeOf<Counter>()
expectTypeOf(registry.gauge('a', { help, unit: 'bytes' })).toEqualTypeOf<Gauge>()
expectTypeOf(registry.histogram('a', { help, labels: { x: '1' } })).toEqualTypeOf<Histogram>()
expectTypeOf(registry.timeline('a')).toEqualTypeOf<Timeline>()
expectTypeOf(registry.share()).toEqualTypeOf<MetricsHandle>()
expectTypeOf(MetricsRegistry.attach).parameters.toEqualTypeOf<[MetricsHandle]>()
expectTypeOf(registry.snapshot()).toEqualTypeOf<MetricsSnapshot>()
expectTypeOf(merge(registry.snapshot(), registry.snapshot())).toEqualTypeOf<MetricsSnapshot>()
expectTypeOf(diff(registry.snapshot(), registry.snapshot())).toEqualTypeOf<MetricsSnapshot>()
expectTypeOf(observeResources(registry).stop()).toEqualTypeOf<void>()

// @ts-expect-error help is required
registry.counter('a', {})
// @ts-expect-error labels are strings
registry.counter('a', { help, labels: { x: 1 } })
// @ts-expect-error a counter has no capacity
registry.counter('a', { help, capacity: 1 })
// @ts-expect-error a count is a number
registry.counter('a', { help }).add('1')
// @ts-expect-error a gauge is not recorded into
registry.gauge('a', { help }).record(1)
// @ts-expect-error a span has a start and an end
registry.timeline('a').record('span', 1)
// @ts-expect-error links are numbers
registry.timeline('a').record('span', 1, 2, { id: 'x' })
// @ts-expect-error the second parameter is not for users
new MetricsRegistry({}, {})
// @ts-expect-error a handle is not a registry
registry.retire(registry)

for (const series of registry.snapshot().series) {
  if (series.kind === 'histogram') {
    expectTypeOf(series.value).toEqualTypeOf<HistogramValue>()
    expectTypeOf(quantile(series.value, 0.5)).toEqualTypeOf<number>()
  } else {
    expectTypeOf(series.value).toEqualTypeOf<number>()
    // @ts-expect-error a number has no quantiles
    quantile(series.value, 0.5)
  }
}

const metrics = runnerMetrics(registry, 'executor')
expectTypeOf(metrics.settled).toEqualTypeOf<Readonly<Record<TaskOutcome, Counter>>>()
expectTypeOf(metrics.queueTime).toEqualTypeOf<Histogram>()
// @ts-expect-error there is no such outcome
metrics.settled.lost
// @ts-expect-error there is no such runner
runnerMetrics(registry, 'pool')
