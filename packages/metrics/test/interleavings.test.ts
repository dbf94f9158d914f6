/**
 * What happens when one thread is stopped between any two of its atomic steps while another does all
 * of its own. Chance meets few of these moments, so here each is forced: at one `Atomics` call of
 * the first, the second runs to its end. (Plain accesses lie between those calls.)
 */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { MetricsRegistry } from '../src/index.ts'
import { has, histogramOf, numberOf, timelinesOf } from './threads/reading.ts'

const help = 'For a test.'
const STEPS = ['load', 'store', 'add', 'compareExchange'] as const

afterEach(() => vi.restoreAllMocks())

/**
 * Runs `first` again and again, and `second` before its 1st, 2nd, … atomic step, until it has no
 * more of them; `prepare` makes a new world for each round.
 */
function forEachStep<World, Result>(
  prepare: () => World,
  first: (world: World) => Result,
  second: (world: World) => void,
  check: (world: World, result: Result) => void,
): number {
  for (let stop = 1; ; stop += 1) {
    const world = prepare()
    let step = 0
    for (const name of STEPS) {
      const original = Atomics[name] as (...args: unknown[]) => unknown
      vi.spyOn(Atomics, name).mockImplementation(((...args: unknown[]) => {
        step += 1
        if (step === stop) second(world)
        return original(...args)
      }) as never)
    }
    const result = first(world)
    vi.restoreAllMocks()
    if (step < stop) return stop - 1
    check(world, result)
  }
}

function twoThreads() {
  const registry = new MetricsRegistry()
  return { registry, other: MetricsRegistry.attach(registry.share()) }
}

describe('a counter', () => {
  const prepare = () => {
    const world = twoThreads()
    const counter = world.other.counter('a_total', { help })
    counter.add(2 ** 30 - 1)
    return { ...world, counter, seen: Number.NaN }
  }
  const total = ({ registry }: ReturnType<typeof twoThreads>) =>
    numberOf(registry.snapshot(), 'a_total')

  test('is read right while it carries, once or twice', () => {
    for (const adds of [1, 2]) {
      const steps = forEachStep(
        prepare,
        total,
        ({ counter }) => {
          for (let n = 0; n < adds; n += 1) counter.add(2 ** 30 - 2 ** n)
        },
        (world, read) => {
          expect(read).toBeGreaterThanOrEqual(2 ** 30 - 1)
          expect(read).toBeLessThanOrEqual(total(world))
        },
      )
      expect(steps).toBeGreaterThan(5)
    }
  })

  test('never goes back for a reader that comes while it carries', () => {
    const steps = forEachStep(
      prepare,
      ({ counter }) => counter.add(5),
      (world) => {
        world.seen = total(world)
      },
      (world) => {
        expect(world.seen).toBeGreaterThanOrEqual(2 ** 30 - 1)
        expect(world.seen).toBeLessThanOrEqual(2 ** 30 + 4)
        expect(total(world)).toBe(2 ** 30 + 4)
      },
    )
    expect(steps).toBe(3) // N1, N2, N3
  })
})

describe('a timeline', () => {
  const capacity = 3
  const record = (registry: MetricsRegistry, from: number, to: number) => {
    const timeline = registry.timeline('work', { capacity })
    for (let n = from; n < to; n += 1)
      timeline.record(`s${n % 5}`, n, n * 2, { id: n * 3, parent: n * 4 })
  }
  const read = ({ registry }: { registry: MetricsRegistry }) => {
    const { spans, dropped } = timelinesOf(registry.snapshot(), 'work')[0]!
    for (const { name, start: n, end, id, parent } of spans) {
      expect([name, end, id, parent]).toEqual([`s${n % 5}`, n * 2, n * 3, n * 4])
    }
    return { starts: spans.map(({ start }) => start), dropped }
  }

  test.each([0, 1, 2, 3, 5])('of %i spans is never read torn while more are recorded', (before) => {
    for (const added of [1, 2, 3, 4]) {
      const steps = forEachStep(
        () => {
          const world = twoThreads()
          record(world.other, 0, 7) // all names are known
          record(world.other, 7, 7 + before)
          return world
        },
        read,
        ({ other }) => record(other, 7 + before, 7 + before + added),
        (_, { starts, dropped }) => {
          expect(starts).toEqual([...starts].sort((a, b) => a - b))
          const recorded = starts.length + dropped
          expect(recorded).toBeGreaterThanOrEqual(7 + before)
          expect(recorded).toBeLessThanOrEqual(7 + before + added)
        },
      )
      expect(steps).toBeGreaterThan(20)
    }
  })

  test('is read whole at any moment of recording', () => {
    const steps = forEachStep(
      () => {
        const world = twoThreads()
        record(world.other, 0, 7)
        return { ...world, seen: { starts: [] as number[], dropped: -1 } }
      },
      ({ other }) => record(other, 7, 8),
      (world) => {
        world.seen = read(world)
      },
      (world) => {
        const { starts, dropped } = world.seen
        expect([7, 8]).toContain(starts.length + dropped)
        expect(starts.filter((n) => n === 5 || n === 6)).toEqual([5, 6])
        expect(read(world)).toEqual({ starts: [5, 6, 7], dropped: 5 })
      },
    )
    expect(steps).toBeGreaterThan(10)
  })
})

describe('the directory', () => {
  const labels = { x: '1' }

  test('has one series when two threads make it at once', () => {
    const steps = forEachStep(
      twoThreads,
      ({ registry }) => registry.counter('a_total', { help, labels }).add(1),
      ({ other }) => other.counter('a_total', { help, labels }).add(2),
      ({ registry }) => {
        const series = registry.snapshot().series.filter(({ name }) => name === 'a_total')
        expect(series.map(({ value }) => value)).toEqual([3])
      },
    )
    expect(steps).toBeGreaterThan(5)
  })

  test('has one kind for a name when two threads make it at once', () => {
    forEachStep(
      twoThreads,
      ({ registry }) => {
        try {
          registry.counter('a', { help }).add(1)
          return 'counter'
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION' })
          return 'refused'
        }
      },
      ({ other }) => {
        try {
          other.gauge('a', { help }).set(2)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION' })
        }
      },
      ({ registry }, made) => {
        const kinds = registry.snapshot().series.filter(({ name }) => name === 'a')
        expect(kinds.map(({ kind }) => kind)).toEqual([made === 'counter' ? 'counter' : 'gauge'])
      },
    )
  })

  test('keeps to its limit when two threads reach it at once', () => {
    forEachStep(
      () => {
        const registry = new MetricsRegistry({ seriesPerName: 1 })
        return { registry, other: MetricsRegistry.attach(registry.share()) }
      },
      ({ registry }) => registry.counter('a_total', { help, labels: { x: '1' } }).add(),
      ({ other }) => other.counter('a_total', { help, labels: { x: '2' } }).add(),
      ({ registry }) => {
        const snapshot = registry.snapshot()
        expect(snapshot.series.filter(({ name }) => name === 'a_total')).toHaveLength(1)
        expect(numberOf(snapshot, 'threeply_metrics_dropped_total')).toBe(1)
      },
    )
  })
})

describe('shards', () => {
  test('are given to one thread each when two are shared at once', () => {
    for (const free of [0, 1, 2]) {
      const steps = forEachStep(
        () => {
          const world = twoThreads()
          const given = Array.from({ length: free }, () => world.registry.share())
          for (const handle of given) world.registry.retire(handle)
          return { ...world, second: -1 }
        },
        ({ registry }) => registry.share().shard,
        (world) => {
          world.second = world.other.share().shard
        },
        ({ second }, first) => expect(first).not.toBe(second),
      )
      expect(steps).toBeGreaterThan(3)
    }
  })

  test('are retired once when two threads do it at once', () => {
    forEachStep(
      () => {
        const world = twoThreads()
        const handle = world.registry.share()
        const gone = MetricsRegistry.attach(handle)
        gone.gauge('set', { help }).set(1)
        gone.counter('a_total', { help }).add(3)
        return { ...world, handle, given: 0 }
      },
      ({ registry, handle }) => registry.retire(handle),
      (world) => {
        world.other.retire(world.handle)
        world.given = world.other.share().shard
      },
      ({ registry, given }) => {
        expect(registry.share().shard).not.toBe(given)
        expect(numberOf(registry.snapshot(), 'a_total')).toBe(3)
        expect(has(registry.snapshot(), 'set')).toBe(false)
      },
    )
  })
})

test('a histogram is read with its buckets while it gets new ones', () => {
  const steps = forEachStep(
    () => {
      const world = twoThreads()
      world.other.histogram('a', { help }).record(1)
      return world
    },
    ({ registry }) => histogramOf(registry.snapshot(), 'a'),
    ({ other }) => {
      for (const value of [1e-9, 1, 1e9]) other.histogram('a', { help }).record(value)
    },
    (_, { count, min, max, buckets }) => {
      expect(buckets.reduce((total, bucket) => total + bucket.count, 0)).toBe(count)
      expect(min).toBeGreaterThanOrEqual(buckets[0]!.lower)
      expect(max).toBeGreaterThanOrEqual(buckets.at(-1)!.lower)
      expect(max).toBeLessThan(buckets.at(-1)!.upper)
    },
  )
  expect(steps).toBeGreaterThan(500)
})
