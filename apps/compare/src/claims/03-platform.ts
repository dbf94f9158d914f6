/** Claim 3: threads are structures of the operating system, and cost it more than async tasks. */
import { readFileSync } from 'node:fs'
import { DetachedRunner, type DetachedThread } from '@threeply/detached'
import { AsyncExecutor } from '@threeply/executor'
import type { Experiment } from '../experiment.ts'
import { digits } from '../figures.ts'
import type { Bench } from '../measure/bench.ts'
import { type Estimate, medianOf, medianRatio } from '../measure/statistics.ts'
import { against, evidence, type Position } from '../verdict.ts'
import { loadCorpus } from '../workloads/corpus.ts'
import { type WaitingWork, workAsync } from '../workloads/waiting.ts'

/** Context switches for each unit of work, in each round. */
interface SwitchesPerUnit {
  readonly voluntary: readonly number[]
  readonly involuntary: readonly number[]
}

export interface PlatformData {
  readonly cores: number
  /** Threads, and async tasks, that did the same work at a time. */
  readonly workers: number
  /** Units of work in one round, of all workers. */
  readonly units: number
  /** Threads of the operating system that one more takes; absent where the system hides them. */
  readonly osThreads?: { readonly perThread: number; readonly perAsyncTask: number }
  /** From asking for a thread, or an async task, until it runs, in milliseconds. */
  readonly start: { readonly thread: readonly number[]; readonly async: readonly number[] }
  /** Absent where the system does not count them. */
  readonly switches?: { readonly threads: SwitchesPerUnit; readonly async: SwitchesPerUnit }
}

type Thread = DetachedThread<void, WaitingWork, string>

const WAIT = 1
const UNITS_EACH = 20
const TEXT_LENGTH = 4_096

/** Async tasks that are started for one sample: one alone is too short for the clock. */
const STARTS_TOGETHER = 1_000

/** Pending while the system's threads are counted: one in a hundred would show. */
const PENDING_TASKS = 10_000

/** What is at most this many times as much is not "more". */
const CLEARLY_MORE = 1.5

export const platform: Experiment<PlatformData> = {
  claim: 'Threads are structures of the operating system and cost it more than async tasks',
  question:
    'How many threads of the operating system, how much time to start, and how many context switches for the same work do threads take, and how many async tasks?',
  refutedBy:
    'Async tasks take as many threads of the operating system, as long to start, and as many context switches for the same work as threads do.',

  async measure(bench) {
    const workers = bench.scale(32, 6)
    const text = await (await loadCorpus(bench.options.input)).textOfLength(TEXT_LENGTH)
    const work: WaitingWork = { units: UNITS_EACH, wait: WAIT, text }
    await using runner = new DetachedRunner<typeof import('../workloads/waiting.ts')>(
      new URL('../workloads/waiting.ts', import.meta.url),
    )

    bench.progress(`starting ${workers} threads, and async tasks`)
    // The first thread strips types and compiles; it has to end for the others to find what it compiled.
    await runner.spawn('answerWork', undefined, { signal: bench.signal }).stop()
    const osThreadsBefore = countOsThreads()
    const threads: Thread[] = []
    const start = { thread: [] as number[], async: [] as number[] }
    while (threads.length < workers) {
      start.thread.push(
        await timed(async () => {
          const thread = runner.spawn('answerWork', undefined, { signal: bench.signal })
          threads.push(thread)
          await thread.ready
        }),
      )
      start.async.push((await timed(() => startTasks(STARTS_TOGETHER))) / STARTS_TOGETHER)
    }
    const osThreads = await osThreadsEach(osThreadsBefore, workers)

    bench.progress(`the same work by ${workers} threads and by ${workers} async tasks`)
    const units = workers * UNITS_EACH
    const executor = new AsyncExecutor({ concurrency: workers })
    const works = threads.map(() => work)
    const switches = await countSwitches(bench, units, {
      threads: () => Promise.all(threads.map((thread) => ask(thread, work))),
      async: () => executor.map(works, workAsync, { signal: bench.signal }),
    })
    return {
      cores: bench.machine.cores,
      workers,
      units,
      ...(osThreads && { osThreads }),
      start,
      ...(switches && { switches }),
    }
  },

  judge({ units, osThreads, start, switches }) {
    const startRatio = medianRatio(start.thread, start.async)
    const parts: Record<string, Position> = {
      'threads of the operating system': positionOf(osThreads),
      'time to start': against(startRatio, CLEARLY_MORE),
      'context switches': against(switchRatio(units, switches), CLEARLY_MORE),
    }
    const named = (position: Position) =>
      Object.keys(parts).filter((name) => parts[name] === position)
    const more = named('above')
    const notMore = named('below')
    const unclear = named('unclear')
    const figures = [
      evidence('starting a thread', medianOf(start.thread), 'ms'),
      evidence('starting an async task', medianOf(start.async), 'ms'),
      ...(switches === undefined
        ? []
        : [
            evidence('threads, for a unit of work', medianOf(total(switches.threads)), 'switches'),
            evidence('async, for a unit of work', medianOf(total(switches.async)), 'switches'),
          ]),
    ]
    const meaning =
      more.length === 0
        ? 'Nothing about the platform speaks against threads here.'
        : `Start threads once and keep them: a start costs as much as ${digits(startRatio.value)} async tasks; let async tasks do what mostly waits.`

    if (notMore.length + unclear.length === 0)
      return { verdict: 'holds', evidence: figures, meaning }
    const condition = [
      more.length > 0 && `as to ${list(more)}`,
      notMore.length > 0 && `no more ${list(notMore)} than async tasks`,
      unclear.length > 0 && `nothing can be said of ${list(unclear)}`,
    ]
    return {
      verdict:
        more.length > 0
          ? 'holds-with-condition'
          : unclear.length > 0
            ? 'cannot-tell'
            : 'does-not-hold',
      condition: condition.filter((part) => part !== false).join('; '),
      evidence: figures,
      meaning,
    }
  },
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function startTasks(count: number): Promise<void> {
  const executor = new AsyncExecutor({ concurrency: count })
  await executor.map(Array.from({ length: count }), async () => {})
}

function countOsThreads(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const [, count] = /^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return count === undefined ? undefined : Number(count)
}

/** What the threads that are there have brought, and what pending async tasks bring. */
async function osThreadsEach(
  before: number | undefined,
  threads: number,
): Promise<PlatformData['osThreads']> {
  const withThreads = countOsThreads()
  if (before === undefined || withThreads === undefined) return undefined
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const pending = Array.from({ length: PENDING_TASKS }, async () => await gate)
  const withTasks = countOsThreads() ?? withThreads
  release()
  await Promise.all(pending)
  return {
    perThread: (withThreads - before) / threads,
    perAsyncTask: (withTasks - withThreads) / PENDING_TASKS,
  }
}

async function ask(thread: Thread, work: WaitingWork): Promise<string> {
  await thread.send(work)
  for await (const hash of thread) return hash
  await thread.join() // tells why it has ended
  throw new Error(`${thread.name} ended before it answered`)
}

/** The context switches that the system counts for this process, all its threads included. */
async function countSwitches(
  bench: Bench,
  units: number,
  subjects: { readonly threads: () => Promise<unknown>; readonly async: () => Promise<unknown> },
): Promise<PlatformData['switches']> {
  const counted = (work: () => Promise<unknown>) => {
    const counts = { voluntary: [] as number[], involuntary: [] as number[] }
    const run = async () => {
      const before = process.resourceUsage()
      await work()
      const after = process.resourceUsage()
      counts.voluntary.push(
        (after.voluntaryContextSwitches - before.voluntaryContextSwitches) / units,
      )
      counts.involuntary.push(
        (after.involuntaryContextSwitches - before.involuntaryContextSwitches) / units,
      )
    }
    return { counts, run }
  }
  const threads = counted(subjects.threads)
  const async = counted(subjects.async)
  await bench.interleave(
    { threads: threads.run, async: async.run },
    { rounds: bench.scale(24, 6), warmUp: false },
  )
  const isCounted = total(threads.counts).some((switches) => switches > 0)
  return isCounted ? { threads: threads.counts, async: async.counts } : undefined
}

function total({ voluntary, involuntary }: SwitchesPerUnit): number[] {
  return voluntary.map((switches, round) => switches + involuntary[round]!)
}

function positionOf(osThreads: PlatformData['osThreads']): Position {
  if (osThreads === undefined) return 'unclear'
  if (osThreads.perAsyncTask >= osThreads.perThread) return 'below'
  return osThreads.perThread > 0.5 ? 'above' : 'unclear' // half a thread is none
}

function switchRatio(units: number, switches: PlatformData['switches']): Estimate {
  if (switches === undefined) return { value: 1, low: 0, high: Infinity }
  // A round without any would make the ratio infinite; one switch in all of it is as good as none.
  const inAsync = total(switches.async).map((perUnit) => Math.max(perUnit, 1 / units))
  return medianRatio(total(switches.threads), inAsync)
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names)
}
