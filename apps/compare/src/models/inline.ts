/** Inline: the caller does one job after the other itself. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTaskContext } from '@threeply/task'
import { inLanes, type Model, type ModelSettings, type TaskSource, taskOf } from './model.ts'

export function inlineModel(source: TaskSource, { signal }: Pick<ModelSettings, 'signal'>): Model {
  const context = createTaskContext({ signal })
  return {
    threads: 0,
    run: (jobs) =>
      inLanes(jobs, 1, async (job) => {
        await nextTurn() // between two jobs the process must hear that it is to stop
        signal.throwIfAborted()
        return taskOf(source, job)(job.input, context)
      }),
    [Symbol.asyncDispose]: async () => {},
  }
}
