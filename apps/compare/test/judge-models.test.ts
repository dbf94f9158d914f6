/** The judgements of claims 4 to 9, on data that support, that refute, and that are too noisy to say. */
import { describe, expect, test } from 'vitest'
import { type ForkJoinData, forkJoin } from '../src/claims/04-fork-join.ts'
import { type DetachedData, detached } from '../src/claims/05-detached.ts'
import { type CpuData, cpu } from '../src/claims/06-cpu.ts'
import { type IoData, io } from '../src/claims/07-io.ts'
import { type OrderData, order } from '../src/claims/08-order.ts'
import { type FitCell, type FitData, fit, winnersOf } from '../src/claims/09-fit.ts'
import type { ModelFigures } from '../src/models/compare-models.ts'

/** Seven rounds around `value`, within a twentieth of it. */
const steady = (value: number) =>
  [0.98, 1.01, 1, 0.99, 1.03, 1, 1.02].map((factor) => factor * value)

/** Seven rounds that say nothing about anything near `value`. */
const noisy = (value: number) => [0.2, 3, 0.5, 1, 2.5, 0.3, 2].map((factor) => factor * value)

describe('claim 4, fork-join', () => {
  const data = (change: Partial<ForkJoinData> = {}): ForkJoinData => ({
    cores: 2,
    threads: 2,
    children: 2,
    elapsed: { longest: steady(80), inOrder: steady(128), forked: steady(83) },
    coresUsed: steady(1.6),
    waited: steady(0.2),
    timeline: [],
    ...change,
  })

  test('holds when the parent waits and the longest child decides', () => {
    expect(forkJoin.judge(data()).verdict).toBe('holds')
  })

  test('does not hold when a parent was early, be it once', () => {
    const judged = forkJoin.judge(data({ waited: [0.2, 0.1, -3, 0.2] }))
    expect(judged.verdict).toBe('does-not-hold')
    expect(judged.meaning).toContain('1 of 4 rounds')
  })

  test('does not hold when the children took turns although each has a core', () => {
    const elapsed = { longest: steady(80), inOrder: steady(128), forked: steady(126) }
    expect(forkJoin.judge(data({ elapsed })).verdict).toBe('does-not-hold')
  })

  test('cannot tell when the children took turns because another program had a core', () => {
    const elapsed = { longest: steady(80), inOrder: steady(128), forked: steady(126) }
    const judged = forkJoin.judge(data({ elapsed, coresUsed: steady(1) }))
    expect(judged.verdict).toBe('cannot-tell')
    expect(judged.condition).toContain('1.0 of the 1.6 cores')
  })

  test('cannot tell when the rounds differ too much', () => {
    const elapsed = { longest: steady(80), inOrder: steady(128), forked: noisy(104) }
    expect(forkJoin.judge(data({ elapsed })).verdict).toBe('cannot-tell')
  })

  test.each([{ cores: 1 }, { threads: 1 }])(
    'cannot tell the longest from the sum with %o',
    (few) => {
      const judged = forkJoin.judge(data(few))
      expect(judged.verdict).toBe('cannot-tell')
      expect(judged.condition).toContain('one core or thread')
    },
  )
})

describe('claim 5, detached', () => {
  const data = (change: Partial<DetachedData> = {}): DetachedData => ({
    cores: 2,
    many: 4,
    delay: { inline: steady(100), detached: steady(4) },
    ticks: { inline: [], detached: [] },
    ownWork: { alone: steady(30), besideMany: steady(31) },
    lightRoute: { oneThread: steady(100), moreThreads: steady(3) },
    ...change,
  })

  test('holds when parent and light route go on', () => {
    expect(detached.judge(data()).verdict).toBe('holds')
  })

  test('holds with a condition when many children slow their parent down', () => {
    const ownWork = { alone: steady(30), besideMany: steady(75) }
    const judged = detached.judge(data({ ownWork }))
    expect(judged.verdict).toBe('holds-with-condition')
    expect(judged.condition).toContain('2.5 times')
  })

  test('does not hold when the parent is held up as if it did the work itself', () => {
    const delay = { inline: steady(100), detached: steady(90) }
    expect(detached.judge(data({ delay })).verdict).toBe('does-not-hold')
  })

  test('does not hold when the light route waits also with threads', () => {
    const lightRoute = { oneThread: steady(100), moreThreads: steady(95) }
    const judged = detached.judge(data({ lightRoute }))
    expect(judged.verdict).toBe('does-not-hold')
    expect(judged.meaning).toContain('light route')
  })

  test('cannot tell when the rounds differ too much', () => {
    const delay = { inline: steady(100), detached: noisy(50) }
    expect(detached.judge(data({ delay })).verdict).toBe('cannot-tell')
  })
})

const figures = (throughput: readonly number[], cpuTime: number, inOrder = 1): ModelFigures => ({
  throughput,
  cpu: steady(cpuTime),
  latency: { p50: 1, p95: 2, p99: 3 },
  inOrder: steady(inOrder),
})

describe('claim 6, CPU', () => {
  const data = (change: Partial<CpuData['models']> = {}, machine = {}): CpuData => ({
    cores: 2,
    threads: 2,
    jobs: 64,
    models: {
      inline: figures(steady(400), 2.5),
      async: figures(steady(395), 2.5),
      'fork-join': figures(steady(760), 2.6),
      detached: figures(steady(740), 2.7),
      ...change,
    },
    ...machine,
  })

  test('holds when threads do more and async neither gains nor changes the order', () => {
    const judged = cpu.judge(data())
    expect(judged.verdict).toBe('holds')
    expect(judged.meaning).toContain('1.90 times')
  })

  test('does not hold when threads gain nothing', () => {
    const judged = cpu.judge(data({ 'fork-join': figures(steady(390), 5) }))
    expect(judged.verdict).toBe('does-not-hold')
  })

  test('cannot tell when threads gain nothing because another program had a core', () => {
    const judged = cpu.judge(data({ 'fork-join': figures(steady(390), 2.6) }))
    expect(judged.verdict).toBe('cannot-tell')
    expect(judged.condition).toContain('1.0 of the 2.0 cores')
  })

  test('does not hold when async does more than inline', () => {
    const judged = cpu.judge(data({ async: figures(steady(600), 2.5) }))
    expect(judged.verdict).toBe('does-not-hold')
  })

  test('does not hold when async changes the order', () => {
    const judged = cpu.judge(data({ async: figures(steady(395), 2.5, 0.5) }))
    expect(judged.verdict).toBe('does-not-hold')
  })

  test('cannot tell when the rounds differ too much', () => {
    const judged = cpu.judge(data({ 'fork-join': figures(noisy(430), 2.6) }))
    expect(judged.verdict).toBe('cannot-tell')
  })

  test.each([{ cores: 1 }, { threads: 1 }])('cannot tell with %o', (few) => {
    expect(cpu.judge(data({}, few)).verdict).toBe('cannot-tell')
  })
})

describe('claim 7, IO', () => {
  const data = (change: Partial<IoData['requests']> = {}, more: Partial<IoData> = {}): IoData => ({
    cores: 2,
    inFlight: 16,
    requests: {
      inline: figures(steady(200), 0.5),
      async: figures(steady(3_000), 0.2),
      'fork-join': figures(steady(2_900), 0.5),
      detached: figures(steady(2_900), 0.5),
      ...change,
    },
    fileReads: {} as IoData['fileReads'],
    rssBytes: { inline: 0, async: 2e6, 'fork-join': 150e6, detached: 150e6 },
    threads: { inline: 0, async: 0, 'fork-join': 16, detached: 16 },
    errors: 0,
    answers: 300,
    ...more,
  })

  test('holds when both are as fast and threads take more', () => {
    const judged = io.judge(data())
    expect(judged.verdict).toBe('holds')
    expect(judged.meaning).toContain('2.5 times the CPU time')
    expect(judged.meaning).toContain('9 MB each')
  })

  test('does not hold when threads are much faster', () => {
    const judged = io.judge(data({ 'fork-join': figures(steady(4_500), 0.5) }))
    expect(judged.verdict).toBe('does-not-hold')
  })

  test('does not hold when threads are as cheap', () => {
    const rssBytes = { inline: 0, async: 100e6, 'fork-join': 110e6, detached: 110e6 }
    expect(io.judge(data({}, { rssBytes })).verdict).toBe('does-not-hold')
    const cheap = { 'fork-join': figures(steady(2_900), 0.1) }
    expect(io.judge(data(cheap)).verdict).toBe('does-not-hold')
  })

  test('holds with a condition when async is faster', () => {
    const judged = io.judge(data({ 'fork-join': figures(steady(1_500), 0.5) }))
    expect(judged.verdict).toBe('holds-with-condition')
    expect(judged.condition).toContain('0.50 times')
  })

  test('cannot tell when the rounds differ too much', () => {
    const judged = io.judge(data({ 'fork-join': figures(noisy(2_900), 0.5) }))
    expect(judged.verdict).toBe('cannot-tell')
  })

  test('cannot tell when the service answers with many errors', () => {
    const judged = io.judge(data({}, { errors: 100 }))
    expect(judged.verdict).toBe('cannot-tell')
    expect(judged.condition).toContain('100 of 300')
  })
})

describe('claim 8, order', () => {
  const agreement = (io: number, submission: number) => ({
    withIo: steady(io),
    withServiceTime: steady(io),
    withSubmission: steady(submission),
  })
  const data = (change: Partial<OrderData> = {}): OrderData => ({
    cores: 2,
    inFlight: 24,
    async: agreement(0.98, 0.05),
    threads: agreement(0.2, 0.95),
    ...change,
  })

  test('holds when async follows the IO and threads do not', () => {
    expect(order.judge(data()).verdict).toBe('holds')
  })

  test('holds with a condition when threads follow the IO as well', () => {
    const judged = order.judge(data({ threads: agreement(0.97, 0.05) }))
    expect(judged.verdict).toBe('holds-with-condition')
    expect(judged.condition).toContain('24 threads')
  })

  test('does not hold when async follows the order of submission instead', () => {
    expect(order.judge(data({ async: agreement(0.1, 0.98) })).verdict).toBe('does-not-hold')
  })

  test('cannot tell when the IO completes in the order of submission', () => {
    const judged = order.judge(data({ async: agreement(0.98, 0.97) }))
    expect(judged.verdict).toBe('cannot-tell')
    expect(judged.condition).toContain('the two orders are one')
  })

  test('cannot tell when the rounds differ too much', () => {
    const async = { ...agreement(0.9, 0.1), withIo: [0.2, 1, 0.5, 0.9, 1, 0.6, 0.95] }
    const judged = order.judge(data({ async }))
    expect(judged.verdict).toBe('cannot-tell')
    expect(judged.condition).toContain('differ too much')
  })
})

describe('claim 9, fit', () => {
  const cell = (cpuShare: number, length: number, times: Record<string, number[]>): FitCell => ({
    cpuShare,
    length,
    coresUsed: steady(2),
    perTask: {
      inline: times.inline ?? steady(length),
      async: times.async ?? steady(length),
      'fork-join': times['fork-join'] ?? steady(length),
      detached: times.detached ?? steady(length + 10),
    },
  })
  const waits = (length: number) =>
    cell(0, length, { async: steady(length / 60), 'fork-join': steady(length / 2) })
  const computes = (length: number) => cell(1, length, { 'fork-join': steady(length / 1.9) })
  const data = (cells: FitCell[], machine = {}): FitData => ({
    cores: 2,
    threads: 2,
    cells,
    ...machine,
  })
  const supporting = [waits(1), waits(100), computes(1), computes(100)]

  test('the winners of a cell are the best and what is about as good', () => {
    expect(winnersOf(waits(1))).toEqual(['async'])
    expect(winnersOf(computes(1))).toEqual(['fork-join'])
    expect(winnersOf(cell(0.5, 100, { detached: steady(102) }))).toHaveLength(4)
  })

  test('holds when async wins what waits and threads what computes, own threads included', () => {
    const paying = { 'fork-join': steady(50), detached: steady(60) }
    expect(fit.judge(data([waits(1), waits(100), cell(1, 100, paying)])).verdict).toBe('holds')
  })

  test('holds with a condition when a thread for each task does not pay', () => {
    const judged = fit.judge(data(supporting))
    expect(judged.verdict).toBe('holds-with-condition')
    expect(judged.condition).toContain('at no length tried')
    expect(judged.condition).not.toContain('or longer')
    expect(judged.meaning).toContain('threads those that only compute')
  })

  test('holds with a condition when threads do not win the short tasks', () => {
    const judged = fit.judge(data([...supporting, cell(1, 0.01, { 'fork-join': steady(0.02) })]))
    expect(judged.verdict).toBe('holds-with-condition')
    expect(judged.condition).toContain('takes 1 ms or longer')
  })

  test('does not hold when threads win what waits, were it the shortest alone', () => {
    const lost = cell(0, 0.01, { async: steady(0.01), 'fork-join': steady(0.001) })
    const judged = fit.judge(data([lost, ...supporting]))
    expect(judged.verdict).toBe('does-not-hold')
    expect(judged.meaning).toContain('10 µs')
  })

  test('does not hold when threads win nothing that computes', () => {
    expect(fit.judge(data([waits(100), cell(1, 100, {})])).verdict).toBe('does-not-hold')
  })

  test('cannot tell when threads win nothing because another program had a core', () => {
    const alone = { ...cell(1, 100, {}), coresUsed: steady(1.1) }
    const judged = fit.judge(data([waits(100), alone]))
    expect(judged.verdict).toBe('cannot-tell')
    expect(judged.condition).toContain('1.1 of the 2.0 cores')
  })

  test('cannot tell when the rounds differ too much', () => {
    const unclear = cell(1, 100, { 'fork-join': noisy(100), detached: noisy(100) })
    expect(fit.judge(data([waits(100), unclear])).verdict).toBe('cannot-tell')
  })

  test.each([{ cores: 1 }, { threads: 1 }])('cannot tell with %o', (few) => {
    expect(fit.judge(data(supporting, few)).verdict).toBe('cannot-tell')
  })
})
