/** Claim 7: with IO both perform about the same, and async takes fewer resources. */
import { createTaskContext } from '@threeply/task'
import type { Evidence, Experiment, Judgement } from '../experiment.ts'
import { judgementOn, TOO_NOISY } from '../judgement.ts'
import type { Bench } from '../measure/bench.ts'
import { medianOf, medianRatio } from '../measure/statistics.ts'
import { checkSameOutputs, compareModels, type ModelFigures } from '../models/compare-models.ts'
import type { Done, Model } from '../models/model.ts'
import { IO_SOURCE } from '../models/sources.ts'
import { MODEL_NAMES, type ModelName, primeThreads, startModel } from '../models/start-model.ts'
import { warmUp } from '../models/warm-up.ts'
import { openService, type Service } from '../service/service.ts'
import { against, evidence } from '../verdict.ts'
import type { JobOf } from '../workloads/answer-jobs.ts'
import { loadCorpus } from '../workloads/corpus.ts'
import type * as tasks from '../workloads/io-tasks.ts'
import { fetchItem } from '../workloads/io-tasks.ts'

export interface IoData {
  readonly cores: number
  /** Requests in flight at once, under each model but inline; so many threads have the threaded ones. */
  readonly inFlight: number
  readonly requests: Readonly<Record<ModelName, ModelFigures>>
  readonly fileReads: Readonly<Record<ModelName, ModelFigures>>
  /** What starting the model and warming it up added to the process. */
  readonly rssBytes: Readonly<Record<ModelName, number>>
  readonly threads: Readonly<Record<ModelName, number>>
  /** Answers with a status of 400 or more, of all answers looked at. */
  readonly errors: number
  readonly answers: number
}

type IoJob = JobOf<typeof tasks>

/**
 * As a service with a database behind it answers: half within 20 ms, one request in forty takes over
 * 50. With eight in flight that is waiting and not computing, also with a thread for each. `--quick`
 * asks as often in a millisecond.
 */
const LOAD = { inFlight: 8, median: 20 }
const QUICK_LOAD = { inFlight: 5, median: 13 }
const SIGMA = 0.5

/** Within a quarter of each other is about the same: what a sensible person would not change code for. */
const ABOUT_THE_SAME = [0.8, 1.25] as const

/** A difference of CPU time below that is none that a bill would show. */
const CHEAPER = 1.1

const MOST_ERRORS = 0.05

export const io: Experiment<IoData> = {
  claim: 'With IO, both perform about the same, and async takes fewer resources',
  question:
    'How many requests to a service, and file reads, are done in a second with equally many in flight, on one thread and on a thread for each, and what do they cost in memory and CPU?',
  refutedBy:
    'Throughput that differs by more than a quarter, or threads that take no more memory and no more CPU time than async.',
  measure,
  judge,
}

async function measure(bench: Bench): Promise<IoData> {
  const { signal, options } = bench
  const load = bench.scale(LOAD, QUICK_LOAD)
  const inFlight = Math.max(options.threads, load.inFlight)
  const corpus = await loadCorpus(options.input)
  await using stack = new AsyncDisposableStack()
  bench.progress('starting the service')
  const service = stack.use(await openService(bench, { median: load.median, sigma: SIGMA }))
  const jobs = await requestsFor(bench, service, inFlight, load.median)

  bench.progress('starting threads')
  await primeThreads(['fork-join', 'detached'], IO_SOURCE, jobs[0]!, signal)
  const models = {} as Record<ModelName, Model>
  const rssBytes = {} as Record<ModelName, number>
  const looked: Done[] = []
  let expected: readonly Done[] = []
  for (const name of MODEL_NAMES) {
    bench.progress(`starting ${name}`)
    const before = process.memoryUsage.rss()
    models[name] = stack.use(
      await startModel(name, IO_SOURCE, { threads: inFlight, inFlight, signal }),
    )
    // Inline is slow on IO: it shows as much with fewer.
    const first = name === 'inline' ? jobs.slice(0, 2) : jobs
    const done = await warmUp(() => models[name].run(first), bench.budget * 0.03)
    rssBytes[name] = Math.max(0, process.memoryUsage.rss() - before)
    if (name === 'inline') expected = done
    else if (service.isOurs) checkSameOutputs(name, done, expected, essenceOf)
    looked.push(...done)
  }
  const errors = countErrors(looked)

  const few = Math.max(2, Math.round(jobs.length / inFlight))
  bench.progress(`calling the service, ${inFlight} requests in flight`)
  const requests = await compareModels(bench, models, {
    rounds: bench.scale(7, 5),
    budget: bench.budget * 0.6,
    jobs: (name) => (name === 'inline' ? jobs.slice(0, few) : jobs),
  })
  bench.progress('reading files')
  const reads: IoJob[] = Array.from({ length: bench.scale(192, 32) }, (_, i) => {
    return { task: 'readTextFile', input: corpus.paths[i % corpus.paths.length]! }
  })
  for (const name of MODEL_NAMES) await models[name].run(reads)
  const fileReads = await compareModels(bench, models, {
    rounds: bench.scale(7, 5),
    budget: bench.budget * 0.15,
    jobs: () => reads,
  })
  const threads = mapModels((name) => models[name].threads)
  const { cores } = bench.machine
  const answers = looked.length
  return { cores, inFlight, requests, fileReads, rssBytes, threads, errors, answers }
}

/** As many requests as take some six waits, with `--quick` one, with `inFlight` of them at a time. */
async function requestsFor(
  bench: Bench,
  service: Service,
  inFlight: number,
  wait: number,
): Promise<IoJob[]> {
  const context = createTaskContext({ signal: bench.signal })
  let longest = 0
  for (let i = 0; i < 3; i += 1) {
    const start = performance.now()
    await fetchItem(service.requestUrl(i), context)
    if (i > 0) longest = Math.max(longest, performance.now() - start) // the first one connects
  }
  const each = (bench.scale(6, 1) * wait) / Math.max(longest, wait)
  const count = inFlight * Math.max(1, Math.round(each))
  return Array.from({ length: count }, (_, i) => {
    return { task: 'fetchItem', input: service.requestUrl(i) }
  })
}

/** What every model must be told alike; when it was told differs. */
function essenceOf(output: unknown): unknown {
  const { status, bytes, serviceTime } = output as tasks.Answer
  return [status, bytes, serviceTime]
}

/** @throws when nothing but errors came back: there is nothing to compare. */
function countErrors(done: readonly Done[]): number {
  const statuses = done.map(({ output }) => (output as tasks.Answer).status)
  const errors = statuses.filter((status) => status >= 400)
  if (errors.length === statuses.length) {
    throw new Error(`the service answers only errors: ${errors[0]}`)
  }
  return errors.length
}

function mapModels(figure: (name: ModelName) => number): Record<ModelName, number> {
  const entries = MODEL_NAMES.map((name) => [name, figure(name)])
  return Object.fromEntries(entries) as Record<ModelName, number>
}

/** Pure: the same data give the same judgement. */
function judge(data: IoData): Judgement {
  const { requests, inFlight, rssBytes, threads, errors, answers } = data
  const async = requests.async
  const threaded = requests['fork-join']
  const speed = medianRatio(threaded.throughput, async.throughput)
  const cpuRatio = medianRatio(threaded.cpu, async.cpu)
  const figures: Evidence[] = [
    evidence(`async, ${inFlight} in flight`, medianOf(async.throughput), 'requests/s'),
    evidence(
      `${threads['fork-join']} threads, one each`,
      medianOf(threaded.throughput),
      'requests/s',
    ),
    { label: 'memory for async', value: rssBytes.async, unit: 'bytes' },
    { label: 'memory for the threads', value: rssBytes['fork-join'], unit: 'bytes' },
  ]
  const tell = judgementOn(figures)
  if (errors / answers > MOST_ERRORS) {
    return tell(
      'cannot-tell',
      'A service that answers with errors says nothing about models.',
      `${errors} of ${answers} answers of the service were errors`,
    )
  }

  const [least, most] = ABOUT_THE_SAME
  const lower = against(speed, least)
  const upper = against(speed, most)
  const usesLess = rssBytes.async * 2 < rssBytes['fork-join']
  const cpuPosition = against(cpuRatio, CHEAPER)
  const times = cpuRatio.value.toFixed(1)
  if (upper === 'above' || !usesLess || against(cpuRatio, 1 / CHEAPER) === 'below') {
    const meaning =
      upper === 'above'
        ? `Threads did ${speed.value.toFixed(1)} times as many requests here: measure your own service with --url.`
        : 'Threads were as cheap as async here: measure your own service with --url.'
    return tell('does-not-hold', meaning)
  }
  if (lower === 'below') {
    return tell(
      'holds-with-condition',
      `Use async for IO: with as many in flight it was even ${(1 / speed.value).toFixed(1)} times as fast as threads.`,
      `"about the same" may also mean that async is faster: threads did ${digits(speed.value)} times as many requests`,
    )
  }
  if (lower === 'unclear' || upper === 'unclear') {
    return tell(
      'cannot-tell',
      'Whether threads are as fast as async on IO, this run cannot say.',
      TOO_NOISY,
    )
  }
  const cpuWords =
    cpuPosition === 'above' ? `${times} times the CPU time` : 'about the same CPU time'
  return tell(
    'holds',
    `Use async for IO: threads do no more of it, one keeps one request in flight at a time, and they take ${cpuWords} and some ${mega(rssBytes['fork-join'] / threads['fork-join'])} MB each.`,
  )
}

function digits(value: number): string {
  return value.toFixed(2)
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
