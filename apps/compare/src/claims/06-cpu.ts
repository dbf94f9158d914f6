/** Claim 6: without IO, on several cores, threads win and async runs its tasks in order. */
import type { Experiment, Judgement } from '../experiment.ts'
import { coresMissing, judgementOn, TOO_NOISY } from '../judgement.ts'
import type { Bench } from '../measure/bench.ts'
import { medianOf, medianRatio } from '../measure/statistics.ts'
import { checkSameOutputs, compareModels, type ModelFigures } from '../models/compare-models.ts'
import type { Model } from '../models/model.ts'
import { TEXT_SOURCE } from '../models/sources.ts'
import { MODEL_NAMES, type ModelName, startModel } from '../models/start-model.ts'
import { against, evidence } from '../verdict.ts'
import type { JobOf } from '../workloads/answer-jobs.ts'
import { type Corpus, loadCorpus } from '../workloads/corpus.ts'
import type * as tasks from '../workloads/text-tasks.ts'

export interface CpuData {
  readonly cores: number
  readonly threads: number
  readonly jobs: number
  readonly models: Readonly<Record<ModelName, ModelFigures>>
}

type TextJob = JobOf<typeof tasks>

/** A longer text is cut: one job is then no more than a tenth of the whole. */
const MOST_CHARACTERS = 50_000

/** What must be gained for it to count; less, and another machine may well show the opposite. */
const GAIN = 1.1

/** Of all tasks, which share must end after the one before it for them to have run in order. */
const IN_ORDER = 0.9

export const cpu: Experiment<CpuData> = {
  claim: 'Without IO, on several cores: threads win, async runs its tasks in order',
  question:
    'How many texts are counted, indexed, compressed, and passwords hashed in a second, inline, under the executor, fork-join, and by detached threads?',
  refutedBy:
    'On two cores or more: threads that get no more done than async; or async that gets more done than inline, or ends its tasks in another order than theirs.',
  measure,
  judge,
}

async function measure(bench: Bench): Promise<CpuData> {
  const { signal } = bench
  const { threads } = bench.options
  await using stack = new AsyncDisposableStack()
  const models = {} as Record<ModelName, Model>
  // One job at work on each thread and one at hand, so that no thread waits for a message.
  const settings = { threads, inFlight: 2 * threads, signal }
  bench.progress('starting the threads')
  for (const name of MODEL_NAMES) {
    models[name] = stack.use(await startModel(name, TEXT_SOURCE, settings))
  }
  const jobs = await jobsFor(bench, await loadCorpus(bench.options.input), models.inline)

  bench.progress('warming the threads up')
  const expected = await models.inline.run(jobs)
  for (const name of MODEL_NAMES) checkSameOutputs(name, await models[name].run(jobs), expected)
  await warmAllUp(bench, models, jobs)
  bench.progress('counting, indexing, compressing, hashing')
  const figures = await compareModels(bench, models, {
    rounds: bench.scale(25, 17),
    budget: bench.budget * 0.9,
    jobs: () => jobs,
  })
  return { cores: bench.machine.cores, threads, jobs: jobs.length, models: figures }
}

/**
 * Inline and async run in one thread, which compiles the tasks for both of them. Each thread of the others
 * does so for itself, and gets but a part of the jobs: they run once more in each round.
 */
async function warmAllUp(
  bench: Bench,
  models: Readonly<Record<ModelName, Model>>,
  jobs: readonly TextJob[],
): Promise<void> {
  const end = performance.now() + bench.budget * 0.33
  while (performance.now() < end) {
    for (const name of ['fork-join', 'detached', ...MODEL_NAMES] as const) {
      await models[name].run(jobs)
    }
  }
}

/** As many jobs of all kinds as take the caller some tens of milliseconds. */
async function jobsFor(bench: Bench, corpus: Corpus, inline: Model): Promise<TextJob[]> {
  const probe = await makeJobs(corpus, 24)
  await inline.run(probe) // compiles the tasks
  const start = performance.now()
  await inline.run(probe)
  const perJob = (performance.now() - start) / probe.length
  const fewest = 4 * bench.options.threads
  return makeJobs(corpus, Math.max(fewest, Math.round(bench.scale(50, 25) / perJob)))
}

async function makeJobs(corpus: Corpus, count: number): Promise<TextJob[]> {
  const kinds = ['wordStatistics', 'invertedIndex', 'compress', 'hashPassword'] as const
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      task: kinds[i % kinds.length]!,
      input: (await corpus.text(i)).slice(0, MOST_CHARACTERS),
    })),
  )
}

/** Pure: the same data give the same judgement. */
function judge({ cores, threads, models }: CpuData): Judgement {
  const rate = (name: ModelName) => models[name].throughput
  const speedUp = medianRatio(rate('fork-join'), rate('inline'))
  const lead = against(medianRatio(rate('fork-join'), rate('async')), GAIN)
  const asyncGain = against(medianRatio(rate('async'), rate('inline')), GAIN)
  const inOrder = medianOf(models.async.inOrder).value
  const onThreads = threads === 1 ? '1 thread' : `${threads} threads`
  const shown = [
    evidence('inline', medianOf(rate('inline')), 'tasks/s'),
    evidence('async, one thread', medianOf(rate('async')), 'tasks/s'),
    evidence(`fork-join, ${onThreads}`, medianOf(rate('fork-join')), 'tasks/s'),
    evidence(`detached, ${onThreads}`, medianOf(rate('detached')), 'tasks/s'),
  ]
  const tell = judgementOn(shown)
  const times = speedUp.value.toFixed(2)

  if (Math.min(cores, threads) < 2) {
    return tell(
      'cannot-tell',
      'On one core no model makes CPU work faster; threads only keep your event loop free.',
      'there is one core or one thread: neither model can do two things at once',
    )
  }
  if (lead !== 'above') {
    const used = rate('fork-join').map((tasks, i) => (tasks * models['fork-join'].cpu[i]!) / 1_000)
    const missing = coresMissing(used, Math.min(cores, threads))
    if (missing !== undefined) {
      return tell('cannot-tell', 'Whether threads speed CPU work up, this run cannot say.', missing)
    }
  }
  if (lead === 'below') {
    const meaning = `Threads gain nothing here, although they had the cores: they do ${times} times as much as inline.`
    return tell('does-not-hold', meaning)
  }
  if (asyncGain === 'above' || inOrder < IN_ORDER) {
    const meaning =
      'Async ran CPU work faster, or in another order, than inline: look for IO in it.'
    return tell('does-not-hold', meaning)
  }
  if (lead === 'unclear') {
    return tell('cannot-tell', 'Whether threads speed CPU work up, this run cannot say.', TOO_NOISY)
  }
  const cost = medianRatio(models['fork-join'].cpu, models.inline.cpu).value
  return tell(
    'holds',
    `Give CPU work to threads: ${threads} of them on ${cores} cores do ${times} times as much as inline, for ${cost.toFixed(2)} times the CPU time a task; async gains nothing.`,
  )
}
