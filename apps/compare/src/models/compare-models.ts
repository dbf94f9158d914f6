/** Runs the same jobs under several models, in turn, and gathers what each run came to. */
import { isDeepStrictEqual } from 'node:util'
import type { Bench } from '../measure/bench.ts'
import type { Job } from '../workloads/answer-jobs.ts'
import type { Done, Model } from './model.ts'
import type { ModelName } from './start-model.ts'

/** What a model's runs came to; lists have one figure a round. */
export interface ModelFigures {
  /** Jobs done in a second. */
  readonly throughput: readonly number[]
  /** CPU time of the whole process, all threads, in milliseconds for each job. */
  readonly cpu: readonly number[]
  /** Milliseconds from when a job was taken to when its output was there, over all rounds. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** Which share of the jobs ended after the one that was submitted before it. */
  readonly inOrder: readonly number[]
}

export interface ComparisonSettings {
  readonly rounds: number
  /** Milliseconds for all rounds. */
  readonly budget: number
  readonly jobs: (name: ModelName) => readonly Job[]
}

export async function compareModels<Name extends ModelName>(
  bench: Bench,
  models: Readonly<Record<Name, Model>>,
  { rounds, budget, jobs }: ComparisonSettings,
): Promise<Record<Name, ModelFigures>> {
  const runs = {} as Record<Name, Run[]>
  const subjects = {} as Record<Name, () => Promise<void>>
  for (const name of Object.keys(models) as Name[]) {
    runs[name] = []
    subjects[name] = async () => void runs[name].push(await measured(models[name], jobs(name)))
  }
  await bench.interleave(subjects, { rounds, budget, warmUp: false })
  const figures = {} as Record<Name, ModelFigures>
  for (const name of Object.keys(models) as Name[]) figures[name] = summarise(runs[name])
  return figures
}

/**
 * Refuses outputs that differ between two models: a model that gives something else is no comparison.
 * @param essence What of an output must be the same.
 */
export function checkSameOutputs(
  name: ModelName,
  done: readonly Done[],
  expected: readonly Done[],
  essence: (output: unknown) => unknown = (output) => output,
): void {
  for (const [index, { output }] of expected.entries()) {
    if (isDeepStrictEqual(essence(done[index]?.output), essence(output))) continue
    throw new Error(`${name} gave another output than inline for job ${index}`)
  }
}

interface Run {
  readonly done: readonly Done[]
  readonly elapsed: number
  readonly cpu: number
}

async function measured(model: Model, jobs: readonly Job[]): Promise<Run> {
  const usage = process.cpuUsage()
  const start = performance.now()
  const done = await model.run(jobs)
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(usage)
  return { done, elapsed, cpu: (user + system) / 1_000 }
}

function summarise(runs: readonly Run[]): ModelFigures {
  const latencies = runs
    .flatMap(({ done }) => done.map(({ latency }) => latency))
    .sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]!
  return {
    throughput: runs.map(({ done, elapsed }) => (done.length / elapsed) * 1_000),
    cpu: runs.map(({ done, cpu }) => cpu / done.length),
    latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    inOrder: runs.map(({ done }) => inOrderShare(done)),
  }
}

function inOrderShare(done: readonly Done[]): number {
  const following = done.filter(({ endedAt }, i) => i > 0 && endedAt >= done[i - 1]!.endedAt)
  return done.length < 2 ? 1 : following.length / (done.length - 1)
}
