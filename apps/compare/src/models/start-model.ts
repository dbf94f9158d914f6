/** The four models by name. */
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
