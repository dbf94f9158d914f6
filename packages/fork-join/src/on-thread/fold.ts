/** On a thread: what `reduce` sends there, folded from the left. */
import type { LoadedTask } from '@threeply/task/runner'
import { isThenable } from './thenable.ts'
import type { ThreadForkContext } from './thread-fork-context.ts'

/** The task that folds an array of values, two or more, with `task`, which takes two of them. */
export function foldOf(task: LoadedTask): LoadedTask {
  return (input, context) => {
    const values = input as readonly unknown[]
    return foldFrom(1, values[0], values, task, context as ThreadForkContext)
  }
}

/** @param from The place of the first value that is not in `left`. */
function foldFrom(
  from: number,
  left: unknown,
  values: readonly unknown[],
  task: LoadedTask,
  context: ThreadForkContext,
): unknown {
  let folded = left
  for (let at = from; at < values.length; at += 1) {
    if (at > 1) between(context)
    const output = Reflect.apply(task, undefined, [[folded, values[at]], context])
    if (isThenable(output)) return foldLater(at + 1, output, values, task, context)
    folded = output
  }
  return folded
}

async function foldLater(
  from: number,
  left: PromiseLike<unknown>,
  values: readonly unknown[],
  task: LoadedTask,
  context: ThreadForkContext,
): Promise<unknown> {
  return foldFrom(from, await left, values, task, context)
}

/** What one call was to move stays here, and a fold that was cancelled ends. */
function between(context: ThreadForkContext): void {
  context.transferNothing()
  context.throwIfCancelled()
}
