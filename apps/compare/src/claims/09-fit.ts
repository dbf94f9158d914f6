/** Claim 9: async suits web-service and database calls, threads suit process-intensive work. */
import { median } from 'simple-statistics'
import type { Evidence, Experiment, Judgement } from '../experiment.ts'
import { formatFigure } from '../figures.ts'
import { coresMissing, judgementOn, TOO_NOISY } from '../judgement.ts'
import type { Bench, Subject } from '../measure/bench.ts'
import { coresUsed } from '../measure/cores-used.ts'
import { medianRatio } from '../measure/statistics.ts'
import { type MixedModels, startMixedModels } from '../models/mixed-models.ts'
import { MODEL_NAMES, type ModelName } from '../models/start-model.ts'
import { against, evidence } from '../verdict.ts'
import { stepsInMillisecond } from '../workloads/step-speed.ts'

/** One kind of task, and what it takes under each model. */
export interface FitCell {
  /** Which share of its length the task computes, from 0 to 1; it waits for the rest. */
  readonly cpuShare: number
  /** How long the task takes by itself, in milliseconds. */
  readonly length: number
  /** Milliseconds of wall time for each task, round by round. */
  readonly perTask: Readonly<Record<ModelName, readonly number[]>>
  /** How many cores the process got while the pool worked, round by round. */
  readonly coresUsed: readonly number[]
}

export interface FitData {
  readonly cores: number
  readonly threads: number
  readonly cells: readonly FitCell[]
}

const SHARES = [0, 0.25, 0.5, 0.75, 1]
const FEW_SHARES = [0, 0.5, 1]
const ENDS = [0, 1]

/**
 * Waiting takes as long every time; computing does not when another program computes, too. Threads
 * that are started for each task have their turn in three rounds of all: they are far off.
 */
const ROUNDS = 3
const COMPUTING_ROUNDS = 7
const LONG_COMPUTING_ROUNDS = 5

/** Milliseconds; of such tasks fewer shares are tried, in fewer rounds, or they would take half of the minute. */
const LONG = 100

/** A model that takes less than a tenth longer than the best is as good. */
const AS_GOOD = 1.1

/** How long the tasks of one cell take together, in milliseconds, if that is more than a few. */
const BATCH = 12
const QUICK_BATCH = 8

/** Enough for V8 to compile the task well, on every thread of a pool. */
const WARM_UP_TASKS = 2_000

export const fit: Experiment<FitData> = {
  claim: 'Async suits calls of web services and databases, threads suit intensive computing',
  question:
    'Over tasks that compute for 0 to 100 % of their time and last from 10 µs to 100 ms: which model gets them done soonest?',
  refutedBy:
    'Tasks that only wait and are done sooner by threads than by async; or, on two cores or more, tasks that only compute and are done as soon by async as by threads, whatever their length.',
  measure,
  judge,
}

async function measure(bench: Bench): Promise<FitData> {
  const { threads } = bench.options
  const shares = (length: number) => {
    if (bench.options.quick) return ENDS
    return length < LONG ? SHARES : FEW_SHARES
  }
  const lengths = bench.scale([0.01, 0.1, 1, 10, 100], [0.01, 1, 10])
  await using models = startMixedModels(threads, bench.signal)
  bench.progress('finding out how fast this machine is')
  const stepsPerMillisecond = stepsInMillisecond()
  for (const name of ['inline', 'async', 'fork-join'] as const) {
    await models.byName[name]({ steps: 1_000, wait: 0 }, WARM_UP_TASKS)
  }
  const cells: FitCell[] = []
  for (const length of lengths) {
    for (const cpuShare of shares(length)) {
      bench.progress(`tasks of ${formatFigure(length, 'ms')}, ${cpuShare * 100} % CPU`)
      cells.push(await measureCell(bench, models, { cpuShare, length, stepsPerMillisecond }))
    }
  }
  return { cores: bench.machine.cores, threads, cells }
}

async function measureCell(
  bench: Bench,
  { byName }: MixedModels,
  cell: Pick<FitCell, 'cpuShare' | 'length'> & { readonly stepsPerMillisecond: number },
): Promise<FitCell> {
  const { cpuShare, length, stepsPerMillisecond } = cell
  const work = {
    steps: Math.round(length * cpuShare * stepsPerMillisecond),
    wait: cpuShare === 1 ? 0 : length * (1 - cpuShare),
  }
  const few = Math.max(2, Math.min(bench.options.threads, 4))
  // Where tasks wait, more than there are threads: what computes takes turns anyway.
  const least = cpuShare === 0 || (cpuShare < 1 && length < LONG) ? 2 * few : few
  const many = Math.max(least, Math.round(bench.scale(BATCH, QUICK_BATCH) / length))
  const counts: Record<ModelName, number> = {
    inline: length < 10 ? many : few, // waits for one after the other, each as long
    async: many,
    'fork-join': many,
    detached: few, // a thread for each: more would take no less time apiece
  }
  // Long tasks need no warm-up, nor does the starting of threads.
  if (length < 1) {
    for (const name of ['inline', 'async', 'fork-join'] as const) {
      await byName[name](work, counts[name])
    }
  }
  const subjects = {} as Record<ModelName, Subject>
  const count = cpuShare < 1 ? ROUNDS : length < LONG ? COMPUTING_ROUNDS : LONG_COMPUTING_ROUNDS
  const hasTurn = (name: ModelName, round: number) =>
    name !== 'detached' || round % Math.ceil(count / ROUNDS) === 0
  for (const name of MODEL_NAMES) {
    subjects[name] = (round) =>
      hasTurn(name, round) ? byName[name](work, counts[name]) : undefined
  }
  const used: number[] = []
  subjects['fork-join'] = async () =>
    void used.push(await coresUsed(() => byName['fork-join'](work, many)))
  const rounds = await bench.interleave(subjects, { rounds: count, warmUp: false })
  const perTask = {} as Record<ModelName, readonly number[]>
  for (const name of MODEL_NAMES) {
    const turns = rounds[name].filter((_, round) => hasTurn(name, round))
    perTask[name] = turns.map((took) => took / counts[name])
  }
  return { cpuShare, length, perTask, coresUsed: used }
}

/** A cell with the models that do its tasks soonest. */
interface WonCell extends FitCell {
  readonly winners: readonly ModelName[]
}

/** The models that do the tasks of a cell soonest: the best, and all that are about as good. */
export function winnersOf({ perTask }: FitCell): readonly ModelName[] {
  const typical = (name: ModelName) => median([...perTask[name]])
  const best = MODEL_NAMES.reduce((a, b) => (typical(b) < typical(a) ? b : a))
  return MODEL_NAMES.filter(
    (name) => against(medianRatio(perTask[name], perTask[best]), AS_GOOD) !== 'above',
  )
}

/** Pure: the same data give the same judgement. */
function judge({ cores, threads, ...data }: FitData): Judgement {
  const cells = data.cells.map((cell): WonCell => ({ ...cell, winners: winnersOf(cell) }))
  const waiting = cells.filter(({ cpuShare }) => cpuShare === 0)
  const computing = cells.filter(({ cpuShare }) => cpuShare === 1)
  const longest = longestOf(computing)
  const shown = [...speedUps(longestOf(waiting), 'waiting'), ...speedUps(longest, 'computing')]
  const tell = judgementOn(shown)

  const lostByAsync = waiting.filter(isWonByThreads)
  if (lostByAsync.length > 0) {
    const lengths = lostByAsync.map(lengthOf).join(', ')
    return tell('does-not-hold', `Threads did tasks that only wait (${lengths}) sooner than async.`)
  }
  if (Math.min(cores, threads) < 2) {
    return tell(
      'cannot-tell',
      'On one core, async for everything that waits; threads only to keep the event loop free.',
      'async suits what waits, but one core or one thread cannot show what threads are good for',
    )
  }
  const won = computing.filter(isWonByThreads)
  if (won.length === 0) {
    const isNeverSooner = computing.every(({ perTask }) => {
      const lead = medianRatio(perTask.async, perTask['fork-join'])
      return against(lead, AS_GOOD) === 'below'
    })
    const missing = coresMissing(longest.coresUsed, Math.min(cores, threads))
    if (isNeverSooner && missing === undefined) {
      return tell('does-not-hold', 'Threads computed no sooner than async, whatever the length.')
    }
    const meaning = 'Async suits what waits; for what computes, this run cannot say.'
    return tell('cannot-tell', meaning, missing ?? TOO_NOISY)
  }
  const conditions = [...lengthCondition(won, computing), ...poolCondition(computing)]
  return conditions.length === 0
    ? tell('holds', adviceFor(cells))
    : tell('holds-with-condition', adviceFor(cells), conditions.join(', and '))
}

/** How much sooner than inline async and threads have done the tasks of a cell. */
function speedUps(cell: WonCell, what: string): Evidence[] {
  const { inline, async, 'fork-join': forkJoin } = cell.perTask
  return [
    evidence(`async, ${what} ${lengthOf(cell)}`, medianRatio(inline, async), '×'),
    evidence(`fork-join, ${what} ${lengthOf(cell)}`, medianRatio(inline, forkJoin), '×'),
  ]
}

/** Tasks may have to last for some time before threads compute them sooner. */
function lengthCondition(won: readonly WonCell[], computing: readonly WonCell[]): string[] {
  if (won.length === computing.length) return []
  return [`what computes takes ${lengthOf(shortestOf(won))} or longer`]
}

/** A thread may cost more to start than the task that it is started for. */
function poolCondition(computing: readonly WonCell[]): string[] {
  const paying = computing.filter(
    ({ perTask: { inline, detached } }) =>
      against(medianRatio(inline, detached), AS_GOOD) === 'above',
  )
  if (paying.length === computing.length) return []
  const when =
    paying.length === 0 ? 'at no length tried' : `from ${lengthOf(shortestOf(paying))} on`
  return [`threads wait in a pool (starting one for each task pays ${when})`]
}

/** Which model for which share of computing, for the longest tasks that were tried with most shares. */
function adviceFor(cells: readonly WonCell[]): string {
  const lengths = [...new Set(cells.map(({ length }) => length))].sort((a, b) => a - b)
  const row = lengths
    .map((length) => cells.filter((cell) => cell.length === length))
    .reduce((fullest, next) => (next.length >= fullest.length ? next : fullest))
  const percent = (won: readonly WonCell[]) => won.map(({ cpuShare }) => cpuShare * 100)
  const upTo = Math.max(0, ...percent(row.filter(({ winners }) => !winners.includes('fork-join'))))
  const from = Math.min(100, ...percent(row.filter(isWonByThreads)))
  const forAsync = upTo === 0 ? 'only wait' : `compute for up to ${upTo} % of their time`
  const forThreads = from === 100 ? 'only compute' : `compute for ${from} % or more`
  return `Of tasks of ${lengthOf(row[0]!)}, give async those that ${forAsync}, threads those that ${forThreads}.`
}

/** Whether none of the models on the caller's thread is as good as the best. */
function isWonByThreads({ winners }: WonCell): boolean {
  return !winners.includes('async') && !winners.includes('inline')
}

function longestOf(cells: readonly WonCell[]): WonCell {
  return cells.reduce((a, b) => (b.length > a.length ? b : a))
}

function shortestOf(cells: readonly WonCell[]): WonCell {
  return cells.reduce((a, b) => (b.length < a.length ? b : a))
}

function lengthOf({ length }: WonCell): string {
  return formatFigure(length, 'ms')
}
