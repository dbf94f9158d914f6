/** The tasks of a module as a detached child does them: one after the other, as the parent sends them. */
import type { DetachedContext } from '@threeply/detached'
import type { TaskContext } from '@threeply/task'

/** A call of a task. */
export interface Job<Name extends string = string, Input = unknown> {
  readonly task: Name
  readonly input: Input
}

type Tasks = Readonly<Record<string, (input: never, context: TaskContext) => unknown>>

/** A call of any of `M`'s functions that is a task. */
export type JobOf<M> = {
  [Name in keyof M & string]: M[Name] extends (input: infer Input, ...rest: never) => unknown
    ? Job<Name, Input>
    : never
}[keyof M & string]

/**
 * Makes the task of such a child. It answers each job with what the task gave, in order, so that the
 * parent knows which answer is whose; what a task throws ends it.
 */
export function answerJobs<M extends Tasks>(tasks: M) {
  return async function answer(
    _input: undefined,
    context: DetachedContext<JobOf<M>, unknown>,
  ): Promise<void> {
    for await (const { task, input } of context.messages) {
      const moved: unknown[] = []
      const output = await tasks[task]!(input as never, movingTo(moved, context))
      await context.send(output, moved)
    }
  }
}

/** Each job's own context: what it moves goes with its answer. */
function movingTo(moved: unknown[], context: TaskContext): TaskContext {
  const { signal, cancelled, throwIfCancelled, progress } = context
  const transfer: TaskContext['transfer'] = (value, list) => {
    moved.push(...list)
    return value
  }
  return { signal, cancelled, throwIfCancelled, progress, transfer }
}
