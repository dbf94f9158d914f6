/** The algorithms alone, in virtual time, against services whose best limit is known. */
import { type AdaptiveLimit, AimdLimit, Gradient2Limit, VegasLimit } from '@threeply/executor'
import { InvalidOptionError } from '@threeply/task'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limitsIn, type SimulatedService, simulate } from './fixtures/simulated-service.ts'

interface Algorithm {
  readonly name: string
  make(options?: { min?: number; max?: number }): AdaptiveLimit
}

const aimd: Algorithm = { name: 'AIMD', make: (options) => new AimdLimit(options) }
const gradient2: Algorithm = { name: 'Gradient2', make: (options) => new Gradient2Limit(options) }
const vegas: Algorithm = { name: 'Vegas', make: (options) => new VegasLimit(options) }

/** Those that go by run times. */
const BY_RUN_TIME = [gradient2, vegas]
const ALL = [aimd, ...BY_RUN_TIME]

const SERVICE_TIME = 20

/** Chance that is the same in every run: a linear congruential generator. */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A service of `servers`, whose time varies by half up and down. */
function noisy(servers: SimulatedService['servers'], seed: number, room?: number) {
  const random = chance(seed)
  return { servers, serviceTime: () => SERVICE_TIME * (0.5 + random()), ...(room && { room }) }
}

function start(algorithm: Algorithm, limit: number, options?: { min?: number; max?: number }) {
  const adaptive = algorithm.make(options)
  adaptive.limit = limit
  return adaptive
}

function most(limits: readonly number[]): number {
  return limits.reduce((a, b) => Math.max(a, b))
}

/** The share of what its servers can do that a service did. */
function utilisation(served: number, servers: number, duration: number): number {
  return (served * SERVICE_TIME) / (servers * duration)
}

describe.each(ALL)('$name', (algorithm) => {
  test('never leaves its bounds, whatever the samples', () => {
    const sample = fc.record({
      startedAt: fc.integer({ min: 0, max: 100_000 }),
      runTime: fc.double({ min: 0, max: 10_000, noNaN: true }),
      inFlight: fc.integer({ min: 1, max: 500 }),
      isLimiting: fc.boolean(),
      isDropped: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 50 }),
        fc.nat(),
        fc.array(sample, { minLength: 50, maxLength: 500 }),
        (min, more, first, samples) => {
          const max = min + more
          const limit = start(algorithm, min + (first % (more + 1)), { min, max })
          for (const each of samples.sort((a, b) => a.startedAt - b.startedAt)) {
            limit.onSample(each)
            expect(limit.limit).toBeGreaterThanOrEqual(min)
            expect(limit.limit).toBeLessThanOrEqual(max)
          }
        },
      ),
    )
  })

  test('does not grow while it holds nothing back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 0, max: 20 }),
        fc.nat(),
        (demand, spare, seed) => {
          const first = demand + spare
          const limit = start(algorithm, first)
          const service = noisy(() => 50, seed)
          const simulation = simulate(limit, service, { demand: () => demand, duration: 5_000 })
          expect(most(limitsIn(simulation, 0, 5_000))).toBeLessThanOrEqual(first)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('keeps a service busy that refuses what is too much, from any first limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(1, 10, 100),
        fc.nat(),
        (servers, first, seed) => {
          const service = noisy(() => servers, seed, servers)
          const simulation = simulate(start(algorithm, first), service, { duration: 30_000 })
          const served = simulation.served(20_000, 30_000)
          expect(utilisation(served, servers, 10_000)).toBeGreaterThan(0.9)
        },
      ),
      { numRuns: 20 },
    )
  }, 60_000)

  test('recovers when the service loses servers, and when it gets them back', () => {
    const servers = (now: number) => (now >= 20_000 && now < 40_000 ? 8 : 24)
    const service = noisy(servers, 7, 24)
    const simulation = simulate(start(algorithm, 10), service, { duration: 60_000 })
    const before = utilisation(simulation.served(15_000, 20_000), 24, 5_000)
    const during = utilisation(simulation.served(25_000, 40_000), 8, 15_000)
    const after = utilisation(simulation.served(50_000, 60_000), 24, 10_000)
    for (const share of [before, during, after]) expect(share).toBeGreaterThan(0.93)
    expect(most(limitsIn(simulation, 30_000, 40_000))).toBeLessThan(
      most(limitsIn(simulation, 50_000, 60_000)),
    )
  })

  test('a lone drop costs a share, and is grown back', () => {
    let drops = 0
    const service = noisy(() => 10, 3, 10)
    const limit = start(algorithm, 10)
    const { onSample } = limit
    const once: AdaptiveLimit = {
      get limit() {
        return limit.limit
      },
      onSample: (sample) => {
        const isDropped = drops === 0 && sample.startedAt > 5_000
        if (isDropped) drops += 1
        onSample.call(limit, { ...sample, isDropped: sample.isDropped || isDropped })
      },
      set limit(value) {
        limit.limit = value
      },
    }
    const simulation = simulate(once, service, { duration: 15_000 })
    expect(drops).toBe(1)
    expect(utilisation(simulation.served(10_000, 15_000), 10, 5_000)).toBeGreaterThan(0.9)
  })

  test('starts anew where it is set', () => {
    const limit = start(algorithm, 10)
    simulate(
      limit,
      noisy(() => 40, 1),
      { duration: 3_000 },
    )
    limit.limit = 5
    expect(limit.limit).toBe(5)
    expect(() => {
      limit.limit = 5_000
    }).toThrow(InvalidOptionError)
    expect(limit.limit).toBe(5)
  })

  test.each([
    [{ min: 0 }, 'min'],
    [{ min: 1.5 }, 'min'],
    [{ min: 5, max: 4 }, 'max'],
    [{ max: Number.POSITIVE_INFINITY }, 'max'],
    [{ isDrop: true }, 'isDrop'],
    [{ most: 5 }, 'most'],
    [null, 'options'],
  ])('refuses %j', (options, option) => {
    expect(() => algorithm.make(options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_THREEPLY_INVALID_OPTION', option }),
    )
  })
})

describe.each(BY_RUN_TIME)('$name, by run times alone', (algorithm) => {
  test('finds the knee of a service, and keeps its queue short', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(0.1, 1, 5),
        fc.nat(),
        (servers, share, seed) => {
          const first = Math.ceil(servers * share)
          const simulation = simulate(
            start(algorithm, first),
            noisy(() => servers, seed),
            {
              duration: 40_000,
            },
          )
          const served = simulation.served(30_000, 40_000)
          expect(utilisation(served, servers, 10_000)).toBeGreaterThan(0.93)
          const limits = limitsIn(simulation, 30_000, 40_000)
          expect(most(limits)).toBeLessThan(2 * servers + 10)
        },
      ),
      { numRuns: 20 },
    )
  }, 60_000)

  test('does not creep up under a load that lasts', () => {
    const hour = 3_600_000
    const simulation = simulate(
      start(algorithm, 10),
      noisy(() => 10, 5),
      { duration: hour / 4 },
    )
    expect(most(limitsIn(simulation, hour / 4 - 60_000, hour / 4))).toBeLessThan(25)
  }, 60_000)

  test('holds on to one at a time, if that is the best', () => {
    const simulation = simulate(
      start(algorithm, 1),
      noisy(() => 1, 9),
      { duration: 60_000 },
    )
    const limits = limitsIn(simulation, 10_000, 60_000)
    expect(most(limits)).toBeLessThan(5)
    expect(utilisation(simulation.served(10_000, 60_000), 1, 50_000)).toBeGreaterThan(0.95)
  })

  test('learns that the service has become slower, whatever the limit', () => {
    const random = chance(11)
    const service = {
      servers: () => 20,
      serviceTime: (now: number) => SERVICE_TIME * (0.5 + random()) * (now < 15_000 ? 1 : 4),
    }
    const simulation = simulate(start(algorithm, 10), service, { duration: 60_000 })
    const share = utilisation(4 * simulation.served(45_000, 60_000), 20, 15_000)
    expect(share).toBeGreaterThan(0.93)
  })

  test('refuses a window that is none', () => {
    const make = (window: unknown) => () => algorithm.make({ window } as never)
    expect(make(-1)).toThrow(InvalidOptionError)
    expect(make('1s')).toThrow(InvalidOptionError)
  })
})

test('AIMD heeds run times only beyond its maxRunTime', () => {
  const service = { servers: () => 10, serviceTime: () => SERVICE_TIME }
  const deaf = start(aimd, 10)
  simulate(deaf, service, { duration: 5_000 })
  const heeding = new AimdLimit({ maxRunTime: 2.5 * SERVICE_TIME })
  heeding.limit = 10
  simulate(heeding, service, { duration: 5_000 })
  expect(deaf.limit).toBeGreaterThan(40)
  expect(heeding.limit).toBeLessThanOrEqual(26)
  expect(heeding.limit).toBeGreaterThanOrEqual(10)
})

test('AIMD counts the drops of one round once', () => {
  const limit = start(aimd, 100)
  const drop = { startedAt: 0, runTime: 10, inFlight: 100, isLimiting: true, isDropped: true }
  for (let index = 0; index < 50; index += 1) limit.onSample(drop)
  expect(limit.limit).toBe(90)
})

test.each([
  [() => new AimdLimit({ backoffRatio: 1 }), 'backoffRatio'],
  [() => new AimdLimit({ backoffRatio: 0.4 }), 'backoffRatio'],
  [() => new AimdLimit({ maxRunTime: 0 }), 'maxRunTime'],
  [() => new Gradient2Limit({ tolerance: 0.9 }), 'tolerance'],
  [() => new Gradient2Limit({ smoothing: 0 }), 'smoothing'],
])('refuses %s', (make, option) => {
  expect(make).toThrow(expect.objectContaining({ option }))
})
