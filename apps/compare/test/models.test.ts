import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import type { Bench } from '../src/measure/bench.ts'
import { checkSameOutputs, compareModels } from '../src/models/compare-models.ts'
import { inLanes, type Model } from '../src/models/model.ts'
import { IO_SOURCE, TEXT_SOURCE } from '../src/models/sources.ts'
import { MODEL_NAMES, startModel } from '../src/models/start-model.ts'
import { warmUp } from '../src/models/warm-up.ts'

const never = new AbortController().signal
const here = fileURLToPath(import.meta.url)

const textJobs = ['wordStatistics', 'invertedIndex', 'compress', 'hashPassword'].flatMap((task) =>
  ['Call me Ishmael.', 'The whale! The white whale.'].map((input) => ({ task, input })),
)
const ioJobs = Array.from({ length: 5 }, () => ({ task: 'readTextFile', input: here }))

test.each(MODEL_NAMES)(
  '%s gives the outputs that inline gives, in the order of the jobs',
  async (name) => {
    for (const [source, jobs] of [[TEXT_SOURCE, textJobs] as const, [IO_SOURCE, ioJobs] as const]) {
      await using inline = await startModel('inline', source, {
        threads: 1,
        inFlight: 1,
        signal: never,
      })
      await using model = await startModel(name, source, { threads: 2, inFlight: 4, signal: never })
      const done = await model.run(jobs)
      checkSameOutputs(name, done, await inline.run(jobs))
      for (const { latency } of done) expect(latency).toBeGreaterThan(0)
    }
  },
  60_000,
)

test.each(MODEL_NAMES)(
  '%s rejects with what a task throws',
  async (name) => {
    await using model = await startModel(name, IO_SOURCE, {
      threads: 2,
      inFlight: 2,
      signal: never,
    })
    const jobs = [...ioJobs, { task: 'readTextFile', input: `${here}.gone` }]
    await expect(model.run(jobs)).rejects.toThrow('ENOENT')
  },
  60_000,
)

test.each(MODEL_NAMES)(
  '%s rejects with the reason when it is aborted',
  async (name) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const { signal } = controller
    await using model = await startModel(name, TEXT_SOURCE, { threads: 2, inFlight: 2, signal })
    const running = model.run(Array.from({ length: 10_000 }, () => textJobs[0]!))
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  },
  60_000,
)

test('outputs that differ are refused', () => {
  const done = (output: unknown) => [{ output, latency: 1, endedAt: 1 }]
  expect(() => checkSameOutputs('async', done(1), done(2))).toThrow('another output than inline')
  expect(() => checkSameOutputs('async', [], done(2))).toThrow('job 0')
  checkSameOutputs(
    'async',
    done({ a: 1, at: 3 }),
    done({ a: 1, at: 4 }),
    (it) => (it as { a: 1 }).a,
  )
})

test('lanes keep as many jobs in flight as there are lanes, and take the next when one is done', async () => {
  let inFlight = 0
  let most = 0
  const done = await inLanes(textJobs, 3, async ({ input }) => {
    inFlight += 1
    most = Math.max(most, inFlight)
    await new Promise(setImmediate)
    inFlight -= 1
    return input
  })
  expect(most).toBe(3)
  expect(done.map(({ output }) => output)).toEqual(textJobs.map(({ input }) => input))
})

test('when one job fails the lanes take no more, and end before the call rejects', async () => {
  let ended = 0
  const failing = inLanes(textJobs, 2, async (_, lane) => {
    await new Promise(setImmediate)
    if (lane === 0) throw new Error('no')
    await new Promise(setImmediate)
    ended += 1
  })
  await expect(failing).rejects.toThrow('no')
  expect(ended).toBe(1)
})

const instant = (endedAt: readonly number[]): Model => ({
  threads: 0,
  run: async (jobs) => jobs.map((_, i) => ({ output: i, latency: i + 1, endedAt: endedAt[i]! })),
  [Symbol.asyncDispose]: async () => {},
})

test('figures tell latency, and how many jobs ended in order', async () => {
  const rounds = 2
  const bench = {
    interleave: async (subjects: Record<string, () => Promise<void>>) => {
      for (let round = 0; round < rounds; round += 1)
        for (const run of Object.values(subjects)) await run()
    },
  } as unknown as Bench
  const jobs = textJobs.slice(0, 5)
  const { inline, async } = await compareModels(
    bench,
    { inline: instant([1, 2, 3, 4, 5]), async: instant([1, 3, 2, 5, 4]) },
    { rounds, budget: 1, jobs: () => jobs },
  )
  expect(inline.inOrder).toEqual([1, 1])
  expect(async.inOrder).toEqual([0.5, 0.5])
  expect(inline.latency).toEqual({ p50: 3, p95: 5, p99: 5 })
  expect(inline.throughput).toHaveLength(rounds)
})

test('what warms up is run until it has three times been no faster, or until the time is up', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    let runs = 0
    const run = async () => {
      runs += 1
      vi.advanceTimersByTime(runs < 4 ? 40 / runs : 10)
      return runs
    }
    expect(await warmUp(run, 10_000)).toBe(7) // 40, 20, 13, 10, 10, 10, 10 milliseconds
    runs = 0
    expect(await warmUp(run, 30)).toBe(3) // the time is up after 40, and 20, and 13
  } finally {
    vi.useRealTimers()
  }
})
