/** Claim 4: the parent creates children and must wait for each to end. */
import { ForkJoinPool } from '@threeply/fork-join'
import { MetricsRegistry } from '@threeply/metrics'
import type { Experiment, Judgement } from '../experiment.ts'
import { coresMissing, judgementOn, TOO_NOISY } from '../judgement.ts'
import type { Bench, Rounds } from '../measure/bench.ts'
import { coresUsed } from '../measure/cores-used.ts'
import { medianOf, medianRatio } from '../measure/statistics.ts'
import { warmUp } from '../models/warm-up.ts'
import { against, evidence } from '../verdict.ts'
import type { MixedWork } from '../workloads/mixed-tasks.ts'
import { stepsInMillisecond } from '../workloads/step-speed.ts'

type MixedTasks = typeof import('../workloads/mixed-tasks.ts')

/** What is compared: the longest child alone, all of them one by one, and forked together. */
type Subjects = 'longest' | 'inOrder' | 'forked'

/** Something that went on, in milliseconds from the start of its round. */
interface Span {
  readonly name: string
  readonly thread: number
  readonly start: number
  readonly end: number
}

export interface ForkJoinData {
  readonly cores: number
  readonly threads: number
  readonly children: number
  readonly elapsed: Rounds<Subjects>
  /** How many cores the forked children got, round by round. */
  readonly coresUsed: readonly number[]
  /** Milliseconds from the end of the last child to when the parent went on, round by round. */
  readonly waited: readonly number[]
  /** The last round: when the parent was in the scope, and when each child ran. */
  readonly timeline: readonly Span[]
}

/** The shortest child computes for 80 % of the longest one's time: the longest is known, and the sum is far. */
const SHORTEST = 0.8

/** Clocks are read in two threads: a parent is early only when it is by more than that. */
const CLOCK_ERROR = 0.1 // milliseconds

export const forkJoin: Experiment<ForkJoinData> = {
  claim: 'Fork-join: the parent creates children and must wait for each to end',
  question:
    'Does the parent go on only when its last child has ended, and does it take as long as the longest child, or as all of them together?',
  refutedBy:
    'A parent that goes on while a child still runs; or, with a core for each child, an elapsed time nearer to the sum of the children than to the longest.',
  measure,
  judge,
}

async function measure(bench: Bench): Promise<ForkJoinData> {
  const { cores } = bench.machine
  const { signal } = bench
  const children = Math.max(2, Math.min(cores, bench.options.threads))
  const threads = Math.min(children, bench.options.threads)
  bench.progress('finding out how fast this machine is')
  const work = workFor(children, bench.scale(40, 11))
  const registry = new MetricsRegistry()
  const parent = registry.timeline('threeply_compare_parent', { help: 'The parent in its scope' })
  await using pool = new ForkJoinPool<MixedTasks>(
    new URL('../workloads/mixed-tasks.ts', import.meta.url),
    { threads, metrics: registry },
  )
  const waits: Omit<Span, 'name' | 'thread'>[] = []
  const fork = async () => {
    const start = parent.now()
    await pool.scope(
      (scope) => {
        for (const each of work) scope.fork('mixed', each)
      },
      { signal },
    )
    const end = parent.now()
    parent.record('scope', start, end)
    waits.push({ start, end })
  }

  bench.progress('warming the threads up')
  await warmUp(fork, bench.budget * 0.2)
  bench.progress('forking, and doing the same in order')
  const used: number[] = []
  const elapsed = await bench.interleave<Subjects>(
    {
      longest: () => pool.run('mixed', work[0]!, { signal }),
      inOrder: async () => {
        for (const each of work) await pool.run('mixed', each, { signal })
      },
      forked: async () => void used.push(await coresUsed(fork)),
    },
    { rounds: bench.scale(25, 11), warmUp: false, budget: bench.budget * 0.6 },
  )
  return {
    cores,
    threads,
    children,
    elapsed,
    coresUsed: used,
    ...readTimeline(registry, waits, children),
  }
}

/** What each child computes, the longest first. */
function workFor(children: number, milliseconds: number): MixedWork[] {
  const steps = stepsInMillisecond() * milliseconds
  return Array.from({ length: children }, (_, i) => {
    const share = 1 - ((1 - SHORTEST) * i) / (children - 1)
    return { steps: Math.round(steps * share), wait: 0 }
  })
}

/** Reads in the shared timelines how long after its last child each scope went on. */
function readTimeline(
  registry: MetricsRegistry,
  waits: readonly Omit<Span, 'name' | 'thread'>[],
  children: number,
): Pick<ForkJoinData, 'waited' | 'timeline'> {
  const runs = registry
    .snapshot()
    .timelines.filter(({ name }) => name === 'threeply_task')
    .flatMap(({ thread, spans }) => spans.map((span) => ({ ...span, thread })))
    .filter(({ name }) => name === 'run')
  const waited: number[] = []
  let timeline: Span[] = []
  for (const wait of waits) {
    const within = runs.filter(({ start }) => start >= wait.start && start <= wait.end)
    if (within.length < children) continue // overwritten by newer spans
    waited.push(wait.end - Math.max(...within.map(({ end }) => end)))
    timeline = [
      { name: 'scope', thread: 0, start: 0, end: wait.end - wait.start },
      ...within.map(({ thread, start, end }) => {
        return { name: 'child', thread, start: start - wait.start, end: end - wait.start }
      }),
    ]
  }
  if (waited.length === 0) throw new Error('the timeline shows no round with all its children')
  return { waited, timeline }
}

/** Pure: the same data give the same judgement. */
function judge(data: ForkJoinData): Judgement {
  const { cores, threads, children, elapsed, waited } = data
  const { longest, inOrder, forked } = elapsed
  const shown = [
    evidence(`${children} children forked`, medianOf(forked), 'ms'),
    evidence('the longest of them alone', medianOf(longest), 'ms'),
    evidence('all of them, one by one', medianOf(inOrder), 'ms'),
    evidence('parent went on, after the last child', medianOf(waited), 'ms'),
  ]
  const gain = medianRatio(inOrder, forked).value
  const tell = judgementOn(shown)

  const early = waited.filter((milliseconds) => milliseconds < -CLOCK_ERROR)
  if (early.length > 0) {
    const meaning = `A scope let its parent go on too early in ${early.length} of ${waited.length} rounds: do not rely on it.`
    return tell('does-not-hold', meaning)
  }
  const waits = 'When a scope returns, every child has ended: nothing is left running behind it'
  if (Math.min(cores, threads) < 2) {
    return tell(
      'cannot-tell',
      `${waits}. One core or thread gains no time by it.`,
      'the parent waits for each child, but with one core or thread the children take turns anyway',
    )
  }
  const halfway = longest.map((alone, i) => (alone + inOrder[i]!) / 2)
  const position = against(medianRatio(forked, halfway), 1)
  if (position === 'below') {
    return tell(
      'holds',
      `${waits}, and it takes as long as the longest child (here ${gain.toFixed(1)} times faster than one by one): cut the work into equal parts.`,
    )
  }
  const usable = medianRatio(inOrder, longest).value // all of the work in the time of the longest
  const missing = coresMissing(data.coresUsed, usable)
  if (position === 'above' && missing === undefined) {
    return tell('does-not-hold', `${waits}, but the children took turns: it gains little here.`)
  }
  return tell(
    'cannot-tell',
    `${waits}; how much time it saves, this run cannot say.`,
    missing ?? TOO_NOISY,
  )
}
