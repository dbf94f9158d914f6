/** Claim 5: parent and child run concurrently and independently; multithreaded servers work so. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DetachedRunner } from '@threeply/detached'
import { createTaskContext } from '@threeply/task'
import { quantile } from 'simple-statistics'
import type { Experiment, Judgement } from '../experiment.ts'
import { formatFigure } from '../figures.ts'
import { judgementOn, TOO_NOISY } from '../judgement.ts'
import type { Bench, Rounds } from '../measure/bench.ts'
import { medianOf, medianRatio } from '../measure/statistics.ts'
import { detachedModel } from '../models/detached.ts'
import { TEXT_SOURCE } from '../models/sources.ts'
import { warmUp } from '../models/warm-up.ts'
import { startServer } from '../service/server-process.ts'
import type { ThreadedServerSettings } from '../service/threaded-server.ts'
import { against, evidence } from '../verdict.ts'
import { loadCorpus } from '../workloads/corpus.ts'
import { longestGap, startTicking } from '../workloads/event-loop-gaps.ts'
import { fetchItem } from '../workloads/io-tasks.ts'
import { textTaking } from '../workloads/text-taking.ts'
import { wordStatistics } from '../workloads/text-tasks.ts'

type TextTasks = typeof import('../workloads/text-tasks.ts')

export interface DetachedData {
  readonly cores: number
  /** The longest time for which the parent could do nothing while the work went on, in milliseconds. */
  readonly delay: Rounds<'inline' | 'detached'>
  /** The last round: when the parent did something of its own, in milliseconds from the start. */
  readonly ticks: Readonly<Record<'inline' | 'detached', readonly number[]>>
  /** How long the parent's own work took, in milliseconds, while children were busy. */
  readonly ownWork: Rounds<'alone' | 'besideMany'>
  readonly many: number
  /** Of the answers on a server's light route while its heavy one worked, the 95th percentile. */
  readonly lightRoute: Rounds<'oneThread' | 'moreThreads'>
}

/** What independence is worth at least: the parent, or the light route, waits half as long. */
const INDEPENDENT = 2

/** From here on children cost their parent time of its own. */
const SLOWED = 1.2

export const detached: Experiment<DetachedData> = {
  claim: 'Detached: parent and child run concurrently and independently, as in a threaded server',
  question:
    'Does the parent go on while its child works, and does a server answer its light route while a thread works for the heavy one?',
  refutedBy:
    'A parent that is held up by a detached child about as long as by doing the work itself; or a light route that waits for the heavy one also with threads.',
  measure,
  judge,
}

async function measure(bench: Bench): Promise<DetachedData> {
  const corpus = await loadCorpus(bench.options.input)
  bench.progress('finding out how fast this machine is')
  const text = await textTaking(bench.scale(60, 20), corpus, bench.signal)
  const some = text.slice(0, text.length / bench.scale(3, 2))
  return {
    cores: bench.machine.cores,
    ...(await measureDelay(bench, text)),
    ...(await measureOwnWork(bench, some)),
    lightRoute: await measureServer(bench, text.length),
  }
}

/** How long the parent's event loop stands still during the work, done inline and detached. */
async function measureDelay(
  bench: Bench,
  text: string,
): Promise<Pick<DetachedData, 'delay' | 'ticks'>> {
  const { signal } = bench
  await using runner = new DetachedRunner<TextTasks>(TEXT_SOURCE.url, { grace: 200 })
  const delay = { inline: [] as number[], detached: [] as number[] }
  const ticks: Record<keyof typeof delay, readonly number[]> = { inline: [], detached: [] }
  const during = (name: keyof typeof delay, work: () => unknown) => async () => {
    const ticking = startTicking()
    try {
      await work()
    } finally {
      ticks[name] = ticking.stop()
    }
    delay[name].push(longestGap(ticks[name]))
  }
  bench.progress('the parent while its child works')
  await bench.interleave(
    {
      inline: during('inline', () => wordStatistics(text)),
      detached: during('detached', () => runner.spawn('wordStatistics', text, { signal }).join()),
    },
    { rounds: bench.scale(9, 7), warmUp: false, budget: bench.budget * 0.4 },
  )
  return { delay, ticks }
}

/** How long the parent's own work takes while children are busy with more than that. */
async function measureOwnWork(
  bench: Bench,
  text: string,
): Promise<Pick<DetachedData, 'ownWork' | 'many'>> {
  const { signal } = bench
  const many = Math.min(2 * bench.machine.cores, 64)
  bench.progress(`starting ${many} children`)
  await using children = await detachedModel(TEXT_SOURCE, {
    threads: many,
    inFlight: many,
    signal,
  })
  const ownWork = { alone: [] as number[], besideMany: [] as number[] }
  const beside = (name: keyof typeof ownWork, count: number) => async () => {
    const job = { task: 'wordStatistics', input: text + text.slice(0, text.length / 2) }
    const busy = children.run(Array.from({ length: count }, () => job))
    await nextTurn() // the jobs are on their way
    const start = performance.now()
    wordStatistics(text)
    ownWork[name].push(performance.now() - start)
    await busy
  }
  bench.progress("the parent's own work beside busy children")
  await beside('alone', many)() // compiles the work in all of them
  ownWork.alone.length = 0
  await bench.interleave(
    { alone: beside('alone', 0), besideMany: beside('besideMany', many) },
    { rounds: bench.scale(13, 7), warmUp: false, budget: bench.budget * 0.5 },
  )
  return { ownWork, many }
}

/** How long the light route of a server takes while its heavy route works. */
async function measureServer(
  bench: Bench,
  characters: number,
): Promise<DetachedData['lightRoute']> {
  const { signal, options } = bench
  bench.progress('a server with a heavy route')
  const entry = new URL('../service/threaded-server.ts', import.meta.url)
  const settings: ThreadedServerSettings = { input: options.input, characters }
  await using server = await startServer(entry, settings, signal)
  const context = createTaskContext({ signal })
  const slow = { oneThread: [] as number[], moreThreads: [] as number[] }
  const call = (name: keyof typeof slow, route: string) => async (): Promise<void> => {
    let isWorking = true
    const heavy = fetchItem(`${server.url}${route}`, context).finally(() => {
      isWorking = false
    })
    const latencies: number[] = []
    while (isWorking) {
      const start = performance.now()
      await fetchItem(`${server.url}/light`, context)
      latencies.push(performance.now() - start)
    }
    await heavy
    slow[name].push(quantile(latencies, 0.95))
  }
  const subjects = {
    oneThread: call('oneThread', '/heavy/here'),
    moreThreads: call('moreThreads', '/heavy/thread'),
  }
  await warmUp(subjects.oneThread, bench.budget * 0.1) // opens the connections, too
  await subjects.moreThreads()
  for (const latencies of Object.values(slow)) latencies.length = 0
  await bench.interleave(subjects, {
    rounds: bench.scale(9, 5),
    warmUp: false,
    budget: bench.budget * 0.3,
  })
  return slow
}

/** Pure: the same data give the same judgement. */
function judge({ cores, delay, ownWork, many, lightRoute }: DetachedData): Judgement {
  const parentGain = medianRatio(delay.inline, delay.detached)
  const serverGain = medianRatio(lightRoute.oneThread, lightRoute.moreThreads)
  const slowdown = medianRatio(ownWork.besideMany, ownWork.alone)
  const shown = [
    evidence('parent held up, doing it inline', medianOf(delay.inline), 'ms'),
    evidence('parent held up, child detached', medianOf(delay.detached), 'ms'),
    evidence('light route, server of one thread', medianOf(lightRoute.oneThread), 'ms'),
    evidence('light route, heavy one on a thread', medianOf(lightRoute.moreThreads), 'ms'),
  ]
  const tell = judgementOn(shown)
  const parent = against(parentGain, INDEPENDENT)
  const server = against(serverGain, INDEPENDENT)
  if (parent === 'below' || server === 'below') {
    const what = parent === 'below' ? 'parent' : 'light route'
    const meaning = `A detached thread did not free its ${what} here: look for what the two share.`
    return tell('does-not-hold', meaning)
  }
  if (parent === 'unclear' || server === 'unclear') {
    const meaning = 'Whether a detached thread frees its parent, this run cannot say.'
    return tell('cannot-tell', meaning, TOO_NOISY)
  }
  const [before, after] = [medianOf(lightRoute.oneThread), medianOf(lightRoute.moreThreads)]
  const meaning = `Give a server's heavy routes to detached threads: the others answer in ${formatFigure(after.value, 'ms')} instead of ${formatFigure(before.value, 'ms')} while one of them works.`
  if (against(slowdown, SLOWED) !== 'above') return tell('holds', meaning)
  const where = cores === 1 ? 'one core' : `${cores} cores`
  return tell(
    'holds-with-condition',
    `${meaning} Keep fewer of them busy than there are cores.`,
    `there is a core for each: beside ${many} busy children on ${where} the parent's own work takes ${slowdown.value.toFixed(1)} times as long`,
  )
}
