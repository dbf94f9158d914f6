import { describe, expect, test } from 'vitest'
import { InvalidOptionError, MetricsRegistry } from '../src/index.ts'
import { droppedIn, histogramOf, numberOf } from './threads/reading.ts'

const help = 'For a test.'

describe('a series', () => {
  test('is the same for the same name and labels, in any order', () => {
    const registry = new MetricsRegistry()
    registry.counter('a_total', { help, labels: { x: '1', y: '2' } }).add(2)
    registry.counter('a_total', { help, labels: { y: '2', x: '1' } }).add(3)
    const series = registry.snapshot().series.filter(({ name }) => name === 'a_total')
    expect(series).toEqual([
      { name: 'a_total', kind: 'counter', unit: '', help, labels: { x: '1', y: '2' }, value: 5 },
    ])
  })

  test('is another one for other labels', () => {
    const registry = new MetricsRegistry()
    registry.counter('a_total', { help, labels: { x: '1' } }).add(2)
    registry.counter('a_total', { help, labels: { x: '2' } }).add(3)
    registry.counter('a_total', { help }).add(4)
    const snapshot = registry.snapshot()
    expect(numberOf(snapshot, 'a_total', { x: '1' })).toBe(2)
    expect(numberOf(snapshot, 'a_total', { x: '2' })).toBe(3)
    expect(numberOf(snapshot, 'a_total')).toBe(4)
  })

  test('has the help and the unit of the first of its name', () => {
    const registry = new MetricsRegistry()
    registry.histogram('a_seconds', { help: 'First.', unit: 'seconds' })
    registry.histogram('a_seconds', { help: 'Second.', labels: { x: '1' } })
    const series = registry.snapshot().series.filter(({ name }) => name === 'a_seconds')
    expect(series.map(({ help, unit }) => [help, unit])).toEqual([
      ['First.', 'seconds'],
      ['First.', 'seconds'],
    ])
  })

  test('is there as soon as it is made, at nothing', () => {
    const registry = new MetricsRegistry()
    registry.counter('a_total', { help })
    registry.gauge('b', { help })
    registry.histogram('c', { help })
    const snapshot = registry.snapshot()
    expect(numberOf(snapshot, 'a_total')).toBe(0)
    expect(numberOf(snapshot, 'b')).toBe(0)
    expect(histogramOf(snapshot, 'c')).toEqual({ count: 0, sum: 0, min: 0, max: 0, buckets: [] })
  })
})

describe('recording', () => {
  test('counts up, whole numbers and parts', () => {
    const registry = new MetricsRegistry()
    const counter = registry.counter('a_total', { help })
    let sum = 0
    for (const n of [1, 2 ** 30 - 2, 1, 5, 2 ** 30, 2 ** 31, 2 ** 40 + 3, 0.5, 0, 2 ** 50]) {
      counter.add(n)
      sum += n
      expect(numberOf(registry.snapshot(), 'a_total')).toBe(sum)
    }
    counter.add()
    expect(numberOf(registry.snapshot(), 'a_total')).toBe(sum + 1)
  })

  test('moves a gauge up and down', () => {
    const registry = new MetricsRegistry()
    const gauge = registry.gauge('depth', { help })
    gauge.set(5)
    gauge.add(-7.5)
    expect(numberOf(registry.snapshot(), 'depth')).toBe(-2.5)
    gauge.set(-0)
    expect(numberOf(registry.snapshot(), 'depth')).toBe(0)
  })

  test('refuses bad values, counts them and never throws', () => {
    const registry = new MetricsRegistry()
    const counter = registry.counter('a_total', { help })
    const gauge = registry.gauge('b', { help })
    const histogram = registry.histogram('c', { help })
    const timeline = registry.timeline('d')
    const odd = [
      '5',
      1n,
      null,
      {},
      Symbol('x'),
      () => 1,
      Number.NaN,
      Infinity,
      -Infinity,
    ] as never[]
    for (const value of odd) {
      counter.add(value)
      gauge.set(value)
      gauge.add(value)
      histogram.record(value)
      timeline.record('span', value, 1)
      timeline.record('span', 1, value)
      timeline.record('span', 1, 2, { id: value })
      timeline.record('span', 1, 2, { parent: value })
    }
    counter.add(-1)
    histogram.record(-0.001)
    timeline.record('span', 2, 1)
    timeline.record(7 as never, 1, 2)
    const snapshot = registry.snapshot()
    expect(droppedIn(snapshot)).toBe(odd.length * 8 + 4)
    expect(numberOf(snapshot, 'a_total')).toBe(0)
    expect(numberOf(snapshot, 'b')).toBe(0)
    expect(histogramOf(snapshot, 'c').count).toBe(0)
    expect(snapshot.timelines).toEqual([{ name: 'd', thread: 0, spans: [], dropped: 0 }])
  })

  test('stays finite, so that a snapshot stays JSON', () => {
    const registry = new MetricsRegistry()
    const counter = registry.counter('a_total', { help })
    const gauge = registry.gauge('b', { help })
    const histogram = registry.histogram('c', { help })
    for (let n = 0; n < 3; n += 1) {
      counter.add(Number.MAX_VALUE)
      gauge.add(Number.MAX_VALUE)
      histogram.record(Number.MAX_VALUE)
    }
    histogram.record(-0)
    const snapshot = registry.snapshot()
    expect(numberOf(snapshot, 'a_total')).toBe(Number.MAX_VALUE)
    expect(histogramOf(snapshot, 'c')).toMatchObject({ count: 4, sum: Number.MAX_VALUE, min: 0 })
    expect(JSON.parse(JSON.stringify(snapshot))).toStrictEqual(snapshot)
    gauge.add(-1e300)
    expect(numberOf(registry.snapshot(), 'b')).toBe(Number.MAX_VALUE - 1e300)
  })
})

test('a snapshot is plain JSON, and structured-cloneable', () => {
  const registry = new MetricsRegistry()
  registry
    .counter('a_total', { help: 'ü “\ud800”', unit: 'x', labels: { x: '\u0000\n"\udfff' } })
    .add(0.1)
  registry.gauge('b', { help }).set(-1.5)
  const histogram = registry.histogram('c', { help })
  for (const value of [0, 5e-324, 1e-310, 1e-9, 1, 1.5, 1e12, Number.MAX_VALUE])
    histogram.record(value)
  const timeline = registry.timeline('d', { labels: { x: '1' } })
  timeline.record('with links', timeline.now(), timeline.now(), { id: 1, parent: -0 })
  timeline.record('without', 0, 0)
  const snapshot = registry.snapshot()
  expect(snapshot.schema).toBe(1)
  expect(Math.abs(snapshot.takenAt - Date.now())).toBeLessThan(60_000)
  expect(JSON.parse(JSON.stringify(snapshot))).toStrictEqual(snapshot)
  expect(structuredClone(snapshot)).toStrictEqual(snapshot)
})

describe('refused at the door', () => {
  const refused: readonly [string, (registry: MetricsRegistry) => unknown, option: string][] = [
    ['a name with a space', (r) => r.counter('a b', { help }), 'name'],
    ['a name that starts with a digit', (r) => r.gauge('1a', { help }), 'name'],
    ['an empty name', (r) => r.histogram('', { help }), 'name'],
    ['a name that is no string', (r) => r.timeline(7 as never), 'name'],
    ['an unknown option', (r) => r.counter('a', { help, label: {} } as never), 'label'],
    ['options that are none', (r) => r.counter('a', 'help' as never), 'options'],
    ['help that is no string', (r) => r.counter('a', { help: 1 as never }), 'help'],
    ['a unit that is no string', (r) => r.counter('a', { help, unit: 1 as never }), 'unit'],
    ['labels that are a list', (r) => r.counter('a', { help, labels: ['x'] as never }), 'labels'],
    ['a label with a dash', (r) => r.counter('a', { help, labels: { 'a-b': '' } }), 'labels'],
    ['a label of Prometheus’ own', (r) => r.gauge('a', { help, labels: { __x: '' } }), 'labels'],
    [
      'the label le of a histogram',
      (r) => r.histogram('a', { help, labels: { le: '1' } }),
      'labels',
    ],
    [
      'a label that is no string',
      (r) => r.gauge('a', { help, labels: { x: 1 as never } }),
      'labels.x',
    ],
    ['a capacity of 0', (r) => r.timeline('a', { capacity: 0 }), 'capacity'],
    ['a capacity that is not whole', (r) => r.timeline('a', { capacity: 1.5 }), 'capacity'],
    [
      'the registry’s own name',
      (r) => r.counter('threeply_metrics_dropped_total', { help }),
      'name',
    ],
    ['no memory', () => new MetricsRegistry({ limitBytes: 1 }), 'limitBytes'],
    ['a limit of 0', () => new MetricsRegistry({ seriesPerName: 0 }), 'seriesPerName'],
    ['an option that a registry lacks', () => new MetricsRegistry({ x: 1 } as never), 'x'],
    ['a handle that is none', () => MetricsRegistry.attach({} as never), 'handle'],
    ['no handle', () => MetricsRegistry.attach(undefined as never), 'handle'],
    [
      'a handle with other memory',
      (r) => r.retire({ ...r.share(), buffer: new SharedArrayBuffer(64) }),
      'handle',
    ],
    ['a handle of another registry', (r) => r.retire(new MetricsRegistry().share()), 'handle'],
    ['a made-up handle', (r) => MetricsRegistry.attach({ ...r.share(), shard: 12 }), 'handle'],
  ]

  test.each(refused)('%s', (_, attempt, option) => {
    const registry = new MetricsRegistry()
    expect(() => attempt(registry)).toThrow(
      expect.objectContaining({
        name: 'InvalidOptionError',
        code: 'ERR_THREEPLY_INVALID_OPTION',
        option,
      }),
    )
    expect(registry.snapshot().series).toHaveLength(1)
  })

  test('a name that another kind has taken', () => {
    const registry = new MetricsRegistry()
    registry.counter('a', { help })
    for (const kind of ['gauge', 'histogram', 'timeline'] as const) {
      expect(() => registry[kind]('a', { help, labels: { x: '1' } })).toThrow(
        `${kind} 'a' cannot be made: the name is taken by a counter. Give it another name.`,
      )
    }
  })

  test('a unit or a capacity that the name does not have', () => {
    const registry = new MetricsRegistry()
    registry.counter('a', { help, unit: 'seconds' })
    registry.timeline('b', { capacity: 7 })
    expect(() => registry.counter('a', { help, unit: 'bytes', labels: { x: '1' } })).toThrow(
      InvalidOptionError,
    )
    expect(() => registry.timeline('b', { capacity: 8 })).toThrow(InvalidOptionError)
    expect(registry.timeline('b')).toBe(registry.timeline('b', { capacity: 7 }))
  })

  test('with an error that @threeply/task knows as its own', () => {
    const refuse = () => new MetricsRegistry().counter('', { help })
    const brand = Symbol.for('@threeply/task/InvalidOptionError')
    const family = Symbol.for('@threeply/task/ThreeplyError')
    expect(refuse).toThrow(InvalidOptionError)
    expect(refuse).toThrow(
      expect.toSatisfy((error) => error[brand] === true && error[family] === true),
    )
    expect({ [brand]: true } instanceof InvalidOptionError).toBe(true)
    expect(new TypeError('x') instanceof InvalidOptionError).toBe(false)
  })
})
