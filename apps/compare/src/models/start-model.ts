/** The four models by name. */
import type { Job } from '../workloads/answer-jobs.ts'
import { asyncModel } from './async.ts'
import { detachedModel } from './detached.ts'
import { forkJoinModel } from './fork-join.ts'
import { inlineModel } from './inline.ts'
import type { Model, TaskSource } from './model.ts'

export type ModelName = 'inline' | 'async' | 'fork-join' | 'detached'

export const MODEL_NAMES: readonly ModelName[] = ['inline', 'async', 'fork-join', 'detached']

/**
 * Starts one model.
 * @param inFlight How many jobs it may have in flight: the executor's limit, or so many threads;
 * inline it is always one.
 */
export async function startModel(
  name: ModelName,
  source: TaskSource,
  { inFlight, signal }: { readonly inFlight: number; readonly signal: AbortSignal },
): Promise<Model> {
  switch (name) {
    case 'inline':
      return inlineModel(source, signal)
    case 'async':
      return asyncModel(source, inFlight, signal)
    case 'fork-join':
      return forkJoinModel(source, inFlight, signal)
    case 'detached':
      return detachedModel(source, inFlight, signal)
  }
}

/**
 * Starts one thread of each threaded model, has it do `job`, and ends it. The first thread strips the types of all modules
 * and compiles them, which takes 40 milliseconds and 10 MB; once it has ended, the others find that in
 * the compile cache, as they would find JavaScript in a published package.
 */
export async function primeThreads(
  source: TaskSource,
  job: Job,
  signal: AbortSignal,
): Promise<void> {
  for (const name of ['fork-join', 'detached'] as const) {
    await using model = await startModel(name, source, { inFlight: 1, signal })
    await model.run([job])
  }
}
