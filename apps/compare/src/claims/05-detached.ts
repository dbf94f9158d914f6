/** Claim 5: parent and child run concurrently and independently; multithreaded servers work so. */
import { DetachedRunner } from '@threeply/detached'
import { createTaskContext } from '@threeply/task'
import type { Experiment, Judgement } from '../experiment.ts'
import type { Bench, Rounds } from '../measure/bench.ts'
import { medianOf, ratioOfMedians } from '../measure/statistics.ts'
import { startServer } from '../service/server-process.ts'
import type { ThreadedServerSettings } from '../service/threaded-server.ts'
import { against, evidence } from '../verdict.ts'
import { type Corpus, loadCorpus } from '../workloads/corpus.ts'
import { longestGap, startTicking } from '../workloads/event-loop-gaps.ts'
import { fetchItem } from '../workloads/io-tasks.ts'
import { analysedPerMillisecond } from '../workloads/text-speed.ts'
import { analyse } from '../workloads/text-tasks.ts'

type TextTasks = typeof import('../workloads/text-tasks.ts')

export interface DetachedData {
  readonly cores: number
  /** The longest time for which the parent could do nothing while the work went on, in milliseconds. */
  readonly delay: Rounds<'inline' | 'detached'>
  /** The last round: when the parent did something of its own, in milliseconds from the start. */
  readonly ticks: Readonly<Record<'inline' | 'detached', readonly number[]>>
  /** How long the parent's own work took, in milliseconds, while children were busy. */
  readonly ownWork: Rounds<'alone' | 'besideOne' | 'besideMany'>
  readonly many: number
  /** A server's worst answer on its light route while its heavy one worked, in milliseconds. */
  readonly lightRoute: Rounds<'oneThread' | 'moreThreads'>
}

/** What independence is worth at least: the parent, or the light route, waits half as long. */
const INDEPENDENT = 2

/** From here on children cost their parent time of its own. */
const SLOWED = 1.2

export const detached: Experiment<DetachedData> = {
  id: 5,
  slug: 'detached',
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
  const speed = await analysedPerMillisecond(corpus, bench.signal)
  await using runner = new DetachedRunner<TextTasks>(
    new URL('../workloads/text-tasks.ts', import.meta.url),
    { grace: 200 },
  )
  return {
    cores: bench.machine.cores,
    ...(await measureDelay(bench, runner, await textFor(corpus, speed * bench.scale(100, 40)))),
    ...(await measureOwnWork(bench, runner, await textFor(corpus, speed * bench.scale(30, 15)))),
    lightRoute: await measureServer(bench, Math.ceil(speed * bench.scale(100, 40))),
  }
}

function textFor(corpus: Corpus, characters: number): Promise<string> {
  return corpus.textOfLength(Math.ceil(characters))
}

/** How long the parent's event loop stands still during the work, done inline and detached. */
async function measureDelay(
  bench: Bench,
  runner: DetachedRunner<TextTasks>,
  text: string,
): Promise<Pick<DetachedData, 'delay' | 'ticks'>> {
  const { signal } = bench
  const context = createTaskContext({ signal })
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
      inline: during('inline', () => analyse(text, context)),
      detached: during('detached', () => runner.spawn('analyse', text, { signal }).join()),
    },
    { rounds: bench.scale(9, 5), warmUp: false, budget: bench.budget * 0.3 },
  )
  return { delay, ticks }
}

/** How long the parent's own work takes while children are busy. */
async function measureOwnWork(
  bench: Bench,
  runner: DetachedRunner<TextTasks>,
  text: string,
): Promise<Pick<DetachedData, 'ownWork' | 'many'>> {
  const { signal } = bench
  const context = createTaskContext({ signal })
  const many = Math.min(2 * bench.machine.cores, 64)
  const ownWork = { alone: [] as number[], besideOne: [] as number[], besideMany: [] as number[] }
  const beside = (name: keyof typeof ownWork, children: number) => async () => {
    const threads = Array.from({ length: children }, () =>
      runner.spawn('countUntilStopped', text.slice(0, 10_000), { signal }),
    )
    try {
      await Promise.all(threads.map(({ ready }) => ready))
      const start = performance.now()
      analyse(text, context)
      ownWork[name].push(performance.now() - start)
    } finally {
      await Promise.all(threads.map((thread) => thread.stop()))
    }
  }
  bench.progress("the parent's own work beside busy children")
  await bench.interleave(
    {
      alone: beside('alone', 0),
      besideOne: beside('besideOne', 1),
      besideMany: beside('besideMany', many),
    },
    { rounds: bench.scale(7, 5), warmUp: false, budget: bench.budget * 0.3 },
  )
  return { ownWork, many }
}

/** How long the light route of a server takes at worst while its heavy route works. */
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
  const worst = { oneThread: [] as number[], moreThreads: [] as number[] }
  const call = (name: keyof typeof worst, route: string) => async (): Promise<void> => {
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
    worst[name].push(Math.max(...latencies))
  }
  const subjects = {
    oneThread: call('oneThread', '/heavy/here'),
    moreThreads: call('moreThreads', '/heavy/thread'),
  }
  for (let times = 0; times < 2; times += 1) {
    await subjects.oneThread() // compiles the work, opens the connections
    await subjects.moreThreads()
  }
  for (const latencies of Object.values(worst)) latencies.length = 0
  await bench.interleave(subjects, {
    rounds: bench.scale(9, 5),
    warmUp: false,
    budget: bench.budget * 0.3,
  })
  return worst
}

/** Pure: the same data give the same judgement. */
function judge({ cores, delay, ownWork, many, lightRoute }: DetachedData): Judgement {
  const parentGain = ratioOfMedians(delay.inline, delay.detached)
  const serverGain = ratioOfMedians(lightRoute.oneThread, lightRoute.moreThreads)
  const slowdown = ratioOfMedians(ownWork.besideMany, ownWork.alone)
  const shown = [
    evidence('parent held up, doing it inline', medianOf(delay.inline), 'ms'),
    evidence('parent held up, child detached', medianOf(delay.detached), 'ms'),
    evidence('light route, server of one thread', medianOf(lightRoute.oneThread), 'ms'),
    evidence('light route, heavy one on a thread', medianOf(lightRoute.moreThreads), 'ms'),
  ]
  const parent = against(parentGain, INDEPENDENT)
  const server = against(serverGain, INDEPENDENT)
  if (parent === 'below' || server === 'below') {
    const what = parent === 'below' ? 'parent' : 'light route'
    return {
      verdict: 'does-not-hold',
      evidence: shown,
      meaning: `A detached thread did not free its ${what} here: look for what the two share.`,
    }
  }
  if (parent === 'unclear' || server === 'unclear') {
    return {
      verdict: 'cannot-tell',
      condition: 'the rounds differ too much; is another program busy? Try --rounds 30',
      evidence: shown,
      meaning: 'Whether a detached thread frees its parent, this run cannot say.',
    }
  }
  const meaning = `Give a server's heavy routes to detached threads: the others then answer ${serverGain.value.toFixed(0)} times sooner while one of them works.`
  if (against(slowdown, SLOWED) !== 'above') return { verdict: 'holds', evidence: shown, meaning }
  return {
    verdict: 'holds-with-condition',
    condition: `there is a core for each: beside ${many} busy children on ${cores === 1 ? 'one core' : `${cores} cores`} the parent's own work takes ${slowdown.value.toFixed(1)} times as long`,
    evidence: shown,
    meaning: `${meaning} Keep fewer of them busy than there are cores.`,
  }
}
