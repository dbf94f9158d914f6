/** Claim 1: threads that share memory race; async code switches tasks only where it says so. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DetachedRunner } from '@threeply/detached'
import { AsyncExecutor } from '@threeply/executor'
import { mean } from 'simple-statistics'
import type { Evidence, Experiment, Judgement } from '../experiment.ts'
import { digits } from '../figures.ts'
import type { Bench } from '../measure/bench.ts'
import { medianRatio } from '../measure/statistics.ts'
import { type Increment, STRIDE, type ThreadIncrements } from '../workloads/shared-counter.ts'

/** One way to increment: what share of the updates was lost, in each round. */
type Lost = readonly number[]

export interface RacesData {
  readonly cores: number
  readonly threads: number
  readonly asyncTasks: number
  /** Updates in one round, of all threads and of all tasks. */
  readonly updates: { readonly plain: number; readonly atomic: number; readonly async: number }
  readonly lost: {
    readonly plain: Lost
    readonly atomic: Lost
    readonly withinTick: Lost
    readonly acrossAwait: Lost
  }
  /** How long one increment takes a thread, in nanoseconds, in each round. */
  readonly cost: { readonly plain: readonly number[]; readonly atomic: readonly number[] }
}

/**
 * By each thread in a round: loops of about ten milliseconds, so that the threads meet even where the
 * system starts one of them late. Atomics take many times as long each.
 */
const INCREMENTS = { plain: 4_000_000, atomic: 400_000 } as const

const MOST_THREADS = 8 // that many race as well as more do

const ASYNC_TASKS = 64
const ASYNC_INCREMENTS = 50

export const races: Experiment<RacesData> = {
  claim: 'Threads that share memory race; async tasks switch only where they say so',
  question:
    'How many updates of a shared counter are lost by threads, without and with Atomics, and by async tasks, without and with an await between read and write?',
  refutedBy:
    'Async tasks lose an update although no await stands between the read and the write, or threads that use Atomics lose one.',

  async measure(bench) {
    const rounds = bench.options.rounds ?? bench.scale(60, 8)
    const threads = Math.max(2, Math.min(bench.options.threads, MOST_THREADS))
    bench.progress(`${threads} threads increment a counter`)
    const onThreads = await raceThreads(bench, threads, rounds)
    bench.progress(`${ASYNC_TASKS} async tasks increment a counter`)
    const withinTick: number[] = []
    const acrossAwait: number[] = []
    for (let round = 0; round < rounds; round++) {
      bench.signal.throwIfAborted()
      withinTick.push(await raceAsync(incrementWithinTick))
      acrossAwait.push(await raceAsync(incrementAcrossAwait))
    }
    return {
      cores: bench.machine.cores,
      threads,
      asyncTasks: ASYNC_TASKS,
      updates: {
        plain: threads * INCREMENTS.plain,
        atomic: threads * INCREMENTS.atomic,
        async: ASYNC_TASKS * ASYNC_INCREMENTS,
      },
      lost: { ...onThreads.lost, withinTick, acrossAwait },
      cost: onThreads.cost,
    }
  },

  /**
   * A lost update is proof, however noisy the machine: noise can only hide a race. So one is enough to
   * see a race, and where threads show none, nothing can be said.
   */
  judge({ cores, lost, cost }) {
    const figure = (label: string, rounds: Lost): Evidence => ({
      label,
      value: mean([...rounds]), // the median of races that come and go may be none at all
      unit: '% lost',
    })
    const figures = [
      figure('threads, plain increment', lost.plain),
      figure('threads, Atomics.add', lost.atomic),
      figure('async, no await in between', lost.withinTick),
      figure('async, an await in between', lost.acrossAwait),
    ]
    const conclude = (judgement: Omit<Judgement, 'evidence'>) => ({
      ...judgement,
      evidence: figures,
    })
    const price = digits(medianRatio(cost.atomic, cost.plain).value)
    const threadAdvice = `Share memory between threads through Atomics alone (where they contend, ${price}× the time of a plain increment)`

    if (anyLost(lost.withinTick)) {
      return conclude({
        verdict: 'does-not-hold',
        condition: 'async tasks lost updates with no await between read and write',
        meaning: 'Guard shared state in async code as you would between threads.',
      })
    }
    if (anyLost(lost.atomic)) {
      return conclude({
        verdict: 'does-not-hold',
        condition: 'Atomics lost updates: something is wrong with this platform',
        meaning: 'Do not share memory between threads on this platform.',
      })
    }
    if (!anyLost(lost.plain)) {
      return conclude({
        verdict: 'cannot-tell',
        condition:
          cores === 1
            ? 'on one core threads take turns, and their races stay hidden'
            : 'the threads never collided; another program may have kept them from running together',
        meaning: 'That no race was seen proves nothing: use Atomics wherever threads share memory.',
      })
    }
    if (anyLost(lost.acrossAwait)) {
      return conclude({
        verdict: 'holds-with-condition',
        condition: 'only as long as no await stands between the read and the write',
        meaning: `${threadAdvice}; in async code, keep read and write on one side of every await.`,
      })
    }
    return conclude({
      verdict: 'holds',
      meaning: `${threadAdvice}; async code needs no such care.`,
    })
  },
}

async function raceThreads(
  bench: Bench,
  threads: number,
  rounds: number,
): Promise<{
  lost: { plain: number[]; atomic: number[] }
  cost: { plain: number[]; atomic: number[] }
}> {
  const trials: Increment[] = ['plain', 'atomic'] // not counted: the code becomes fast in them
  for (let round = 0; round < rounds; round++) {
    trials.push(
      ...(round % 2 === 0 ? (['plain', 'atomic'] as const) : (['atomic', 'plain'] as const)),
    )
  }
  const input: ThreadIncrements = {
    gate: new SharedArrayBuffer(8),
    counters: new SharedArrayBuffer(trials.length * STRIDE * Int32Array.BYTES_PER_ELEMENT),
    threads,
    trials,
    increments: INCREMENTS,
  }
  await using runner = new DetachedRunner<typeof import('../workloads/shared-counter.ts')>(
    new URL('../workloads/shared-counter.ts', import.meta.url),
  )
  const racers = Array.from({ length: threads }, (_, index) =>
    runner.spawn('incrementShared', input, { name: `racer ${index}`, signal: bench.signal }),
  )
  const times = await Promise.all(racers.map((racer) => racer.join()))

  const counters = new Int32Array(input.counters)
  const lost = { plain: [] as number[], atomic: [] as number[] }
  const cost = { plain: [] as number[], atomic: [] as number[] }
  trials.forEach((increment, trial) => {
    if (trial < 2) return
    const each = INCREMENTS[increment]
    lost[increment].push(percentLost(threads * each, counters[trial * STRIDE]!))
    cost[increment].push((Math.max(...times.map((took) => took[trial]!)) / each) * 1e6)
  })
  return { lost, cost }
}

interface Counter {
  value: number
}

async function raceAsync(increment: (counter: Counter) => Promise<void>): Promise<number> {
  const counter: Counter = { value: 0 }
  const executor = new AsyncExecutor({ concurrency: ASYNC_TASKS })
  await executor.map(Array.from({ length: ASYNC_TASKS }), async () => {
    for (let i = 0; i < ASYNC_INCREMENTS; i++) await increment(counter)
  })
  return percentLost(ASYNC_TASKS * ASYNC_INCREMENTS, counter.value)
}

async function incrementWithinTick(counter: Counter): Promise<void> {
  await nextTurn()
  const seen = counter.value
  counter.value = seen + 1
}

async function incrementAcrossAwait(counter: Counter): Promise<void> {
  const seen = counter.value
  await nextTurn() // every other task runs here, and reads what this one has read
  counter.value = seen + 1
}

function percentLost(updates: number, counted: number): number {
  return ((updates - counted) / updates) * 100
}

function anyLost(lost: Lost): boolean {
  return lost.some((percent) => percent > 0)
}
