/** Claim 8: async completes its tasks in the order in which their IO completes. */
import type { Experiment, Judgement } from '../experiment.ts'
import { judgementOn, TOO_NOISY } from '../judgement.ts'
import type { Bench } from '../measure/bench.ts'
import { kendallTau } from '../measure/rank-correlation.ts'
import { medianOf } from '../measure/statistics.ts'
import type { Done } from '../models/model.ts'
import { IO_SOURCE } from '../models/sources.ts'
import { primeThreads, startModel } from '../models/start-model.ts'
import { openService } from '../service/service.ts'
import { against, evidence } from '../verdict.ts'
import type { JobOf } from '../workloads/answer-jobs.ts'
import type * as tasks from '../workloads/io-tasks.ts'

/**
 * How far the order in which tasks completed agrees with another order, as Kendall's τ, round by
 * round: 1 the same, 0 nothing to do with each other, −1 the opposite.
 */
interface Agreement {
  /** In which the service finished its answers; where it does not tell, in which they arrived. */
  readonly withIo: readonly number[]
  /** In which the service times drawn are; none where the service does not tell. */
  readonly withServiceTime: readonly number[]
  readonly withSubmission: readonly number[]
}

export interface OrderData {
  readonly cores: number
  /** Requests of one round, all in flight at once. */
  readonly inFlight: number
  readonly async: Agreement
  readonly threads: Agreement
}

/** Agreement from here on is the same order but for answers that came in the same instant. */
const SAME = 0.85

/** Up to here two orders are different ones; above it the one follows the other, more or less. */
const DIFFERENT = 0.6

export const order: Experiment<OrderData> = {
  claim: 'Async completes its tasks in the order in which their IO completes',
  question:
    'In which order do tasks complete that call a service with scattered service times: that of submission, or that in which the service answers? And on threads?',
  refutedBy: 'Async tasks that complete in the order of their submission while their IO does not.',
  measure,
  judge,
}

async function measure(bench: Bench): Promise<OrderData> {
  const inFlight = bench.scale(24, 8)
  await using stack = new AsyncDisposableStack()
  bench.progress('starting the service')
  const times = { median: bench.scale(15, 7), sigma: 0.8 }
  const service = stack.use(await openService(bench, times))
  const jobsFor = (round: number): JobOf<typeof tasks>[] =>
    Array.from({ length: inFlight }, (_, i) => {
      return { task: 'fetchItem', input: service.requestUrl(round * inFlight + i) }
    })
  bench.progress(`starting ${inFlight} threads`)
  const { signal } = bench
  const settings = { threads: inFlight, inFlight, signal }
  await primeThreads(['fork-join'], IO_SOURCE, jobsFor(0)[0]!, signal)
  const models = {
    async: stack.use(await startModel('async', IO_SOURCE, settings)),
    threads: stack.use(await startModel('fork-join', IO_SOURCE, settings)),
  }
  const runs = { async: [] as (readonly Done[])[], threads: [] as (readonly Done[])[] }
  await models.async.run(jobsFor(0)) // opens the connections
  // A thread that compiles the call for the first time answers later than it was answered.
  for (let run = 0; run < 6; run += 1) await models.threads.run(jobsFor(run))
  bench.progress(`calling the service, ${inFlight} requests at once`)
  await bench.interleave(
    {
      async: async (round) => void runs.async.push(await models.async.run(jobsFor(round))),
      threads: async (round) => void runs.threads.push(await models.threads.run(jobsFor(round))),
    },
    {
      rounds: bench.scale(11, 7),
      warmUp: false,
      budget: bench.budget * 0.6,
      isAlike: false, // other requests in each, which take another time
    },
  )
  return {
    cores: bench.machine.cores,
    inFlight,
    async: agreementOf(runs.async),
    threads: agreementOf(runs.threads),
  }
}

function agreementOf(runs: readonly (readonly Done[])[]): Agreement {
  const compared = runs.map((done) => {
    const answers = done.map(({ output }) => output as tasks.Answer)
    const ended = done.map(({ endedAt }) => endedAt)
    const serviceTimes = answers.map(({ serviceTime }) => serviceTime ?? Number.NaN)
    return {
      io: kendallTau(
        ended,
        answers.map(({ finished, receivedAt }) => finished ?? receivedAt),
      ),
      serviceTime: kendallTau(ended, serviceTimes),
      submission: kendallTau(
        ended,
        ended.map((_, index) => index),
      ),
    }
  })
  return {
    withIo: compared.map(({ io }) => io),
    withServiceTime: compared.map(({ serviceTime }) => serviceTime).filter(Number.isFinite),
    withSubmission: compared.map(({ submission }) => submission),
  }
}

/** Pure: the same data give the same judgement. */
function judge({ inFlight, async, threads }: OrderData): Judgement {
  const [io, submission] = [medianOf(async.withIo), medianOf(async.withSubmission)]
  const threadsIo = medianOf(threads.withIo)
  const shown = [
    evidence('async: with the order of IO', io, 'τ'),
    evidence('async: with the order of submission', submission, 'τ'),
    evidence(`${inFlight} threads: with the order of IO`, threadsIo, 'τ'),
    evidence(`${inFlight} threads: with that of submission`, medianOf(threads.withSubmission), 'τ'),
  ]
  const tell = judgementOn(shown)
  const advice = 'Use `stream` to take outputs as they complete, `map` to have them in input order'
  const followsIo = against(io, SAME)
  const followsSubmission = against(submission, DIFFERENT)
  if (followsIo === 'below') {
    return tell('does-not-hold', 'Here async tasks did not complete in the order of their IO.')
  }
  if (followsIo === 'above' && followsSubmission === 'below') {
    return against(threadsIo, DIFFERENT) === 'above'
      ? tell(
          'holds-with-condition',
          `${advice}; neither model keeps the order of submission.`,
          `it is not meant as a difference: ${inFlight} threads, one for each task, complete in the order of IO too`,
        )
      : tell('holds', `${advice}.`)
  }
  return tell(
    'cannot-tell',
    `${advice}; which order tasks take by themselves, this run cannot say.`,
    followsIo === 'above'
      ? 'the service answered in the order in which it was asked, so the two orders are one'
      : TOO_NOISY,
  )
}
