/** Fork-join: the caller forks jobs onto the threads of a pool, and waits until the last has ended. */
import { ForkJoinPool } from '@threeply/fork-join'
import { inLanes, type Model, type ModelSettings, type TaskSource } from './model.ts'

export function forkJoinModel(
  { url }: TaskSource,
  { threads, inFlight, signal }: ModelSettings,
): Model {
  const pool = new ForkJoinPool(url, { threads })
  return {
    threads,
    run: (jobs) =>
      pool.scope((scope) => inLanes(jobs, inFlight, ({ task, input }) => scope.fork(task, input)), {
        signal,
      }),
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}
