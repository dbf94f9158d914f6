/** Async: one thread, as many jobs in flight as the executor's limit. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AsyncExecutor } from '@threeply/executor'
import { createTaskContext } from '@threeply/task'
import { type Model, type ModelSettings, type TaskSource, taskOf, timed } from './model.ts'

export function asyncModel(
  source: TaskSource,
  { inFlight, signal }: Omit<ModelSettings, 'threads'>,
): Model {
  const executor = new AsyncExecutor({ concurrency: inFlight })
  return {
    threads: 0,
    run: (jobs) =>
      executor.map(
        jobs,
        (job, { signal }) =>
          timed(async () => {
            await nextTurn() // as inline, and for the same reason
            signal.throwIfAborted()
            return taskOf(source, job)(job.input, createTaskContext({ signal }))
          }),
        { signal },
      ),
    [Symbol.asyncDispose]: () => executor.close(),
  }
}
