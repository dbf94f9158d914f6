/** Claim 2: each thread needs memory of its own, async tasks share what there is. */
import type { Experiment, Judgement } from '../experiment.ts'
import { digits, formatFigure } from '../figures.ts'
import { medianOf, medianRatio } from '../measure/statistics.ts'
import { against, evidence } from '../verdict.ts'
import type { MemoryPoint } from '../workloads/idle.ts'

/** The memory of one fresh process, as more and more is in it; the first point has nothing. */
type Growth = readonly MemoryPoint[]

export interface MemoryData {
  readonly cores: number
  /** One per fresh process. */
  readonly threads: readonly Growth[]
  readonly tasks: readonly Growth[]
}

const THREADS = [1, 10, 20, 30, 40, 50]
const FEW_THREADS = [1, 10, 15, 20, 25]
const TASKS = [1_000, 10_000, 40_000, 70_000, 100_000]

/** In each round, beside the one with threads: enough for an interval from a single round. */
const TASK_PROCESSES = 3

/** A thread that takes less than this many times an async task would make the difference small. */
const CLEARLY_MORE = 10

/** Bytes by which the one stack may grow before it counts as growing: a few deep calls. */
const STACK_NOISE = 1_048_576

export const memory: Experiment<MemoryData> = {
  claim: 'Each thread needs a stack and memory of its own; async tasks share one stack',
  question:
    'By how much does the memory of the process grow with each idle thread, and with each pending async task?',
  refutedBy:
    'An idle thread takes less than ten times the memory of a pending async task, or the stack of the main thread grows with the number of pending tasks.',

  async measure(bench) {
    const module = new URL('../workloads/idle.ts', import.meta.url)
    const run = (name: keyof typeof import('../workloads/idle.ts'), counts: readonly number[]) =>
      bench.inFreshProcess<Growth>(module, name, counts)
    const counts = bench.scale(THREADS, FEW_THREADS)
    const threads: Growth[] = []
    const tasks: Growth[] = []
    const rounds = bench.options.rounds ?? bench.scale(3, 1)
    bench.progress(
      `up to ${counts.at(-1)} idle threads, up to ${digits(TASKS.at(-1)!)} async tasks`,
    )
    for (let round = 0; round < rounds; round++) {
      // Memory is no matter of speed, so the processes may run side by side.
      const [ofThreads, ...ofTasks] = await Promise.all([
        run('memoryOfThreads', counts),
        ...Array.from({ length: TASK_PROCESSES }, () => run('memoryOfTasks', TASKS)),
      ])
      threads.push(ofThreads)
      tasks.push(...ofTasks)
    }
    return { cores: bench.machine.cores, threads, tasks }
  },

  judge({ threads, tasks }) {
    const threadSizes = threads.flatMap(stepByStep)
    const taskSizes = tasks.map((growth) => overall(growth, 'rss'))
    const ratio = medianRatio(threadSizes, taskSizes)
    const thread = medianOf(threadSizes)
    const task = medianOf(taskSizes)
    const taskHeap = medianOf(tasks.map((growth) => overall(growth, 'heap')))
    const stackGrowth = Math.max(0, ...tasks.map(growthOfMainStack))
    const figures = [
      evidence('idle thread', thread, 'bytes'),
      evidence('pending async task', task, 'bytes'),
      evidence('of that, objects in the heap', taskHeap, 'bytes'),
      evidence('thread / async task', ratio, '×'),
    ]
    const conclude = (judgement: Omit<Judgement, 'evidence'>) => ({
      ...judgement,
      evidence: figures,
    })

    if (stackGrowth > STACK_NOISE) {
      return conclude({
        verdict: 'does-not-hold',
        condition: `the stack grew by ${formatFigure(stackGrowth, 'bytes')} with the pending tasks`,
        meaning:
          'Pending async tasks take stack here: bound their number as you would bound threads.',
      })
    }
    switch (against(ratio, CLEARLY_MORE)) {
      case 'above':
        return conclude({
          verdict: 'holds',
          meaning: `The memory of one thread (${formatFigure(thread.value, 'bytes')}) holds ${digits(ratio.value)} waiting async tasks: keep threads to about the number of cores, and let async tasks do the waiting.`,
        })
      case 'below':
        return conclude({
          verdict: 'does-not-hold',
          condition: `a thread takes only ${digits(ratio.value)} times the memory of an async task`,
          meaning: 'Memory is no reason to prefer async tasks to threads here.',
        })
      case 'unclear':
        return conclude({
          verdict: 'cannot-tell',
          condition: 'the memory of the process moved by more than what was put into it',
          meaning: 'Try again with more --rounds, while nothing else takes memory.',
        })
    }
  },
}

/** What each further one took, from step to step; what comes first goes into room that is there. */
function stepByStep(growth: Growth): number[] {
  const settled = growth.slice(2)
  return settled.slice(1).map((point, index) => growthEach(settled[index]!, point, 'rss'))
}

/** What each took over all steps: V8 takes memory by the megabyte, so one step says nothing of tasks. */
function overall(growth: Growth, what: 'rss' | 'heap'): number {
  return growthEach(growth[2]!, growth.at(-1)!, what)
}

function growthEach(from: MemoryPoint, to: MemoryPoint, what: 'rss' | 'heap'): number {
  return (to[what] - from[what]) / (to.count - from.count)
}

function growthOfMainStack(growth: Growth): number {
  const first = growth[0]?.mainStack
  const last = growth.at(-1)?.mainStack
  return first === undefined || last === undefined ? 0 : last - first
}
