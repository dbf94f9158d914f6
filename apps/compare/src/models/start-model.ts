/** The four models by name. */
import type { Job } from '../workloads/answer-jobs.ts'
import { asyncModel } from './async.ts'
import { detachedModel } from './detached.ts'
import { forkJoinModel } from './fork-join.ts'
import { inlineModel } from './inline.ts'
import type { Model, ModelSettings, TaskSource } from './model.ts'

export type ModelName = 'inline' | 'async' | 'fork-join' | 'detached'

export const MODEL_NAMES: readonly ModelName[] = ['inline', 'async', 'fork-join', 'detached']

/** Starts one model. */
export async function startModel(
  name: ModelName,
  source: TaskSource,
  settings: ModelSettings,
): Promise<Model> {
  switch (name) {
    case 'inline':
      return inlineModel(source, settings)
    case 'async':
      return asyncModel(source, settings)
    case 'fork-join':
      return forkJoinModel(source, settings)
    case 'detached':
      return detachedModel(source, settings)
  }
}

/**
 * Starts one thread of each of these models, has it do `job`, and ends it. The first thread strips the
 * types of all modules and compiles them, which takes 40 milliseconds and 10 MB; once it has ended, the
 * others find that in the compile cache, as they would find JavaScript in a published package.
 */
export async function primeThreads(
  names: readonly ModelName[],
  source: TaskSource,
  job: Job,
  signal: AbortSignal,
): Promise<void> {
  const prime = async (name: ModelName): Promise<void> => {
    await using model = await startModel(name, source, { threads: 1, inFlight: 1, signal })
    await model.run([job])
  }
  const ends = await Promise.allSettled(names.map(prime))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
