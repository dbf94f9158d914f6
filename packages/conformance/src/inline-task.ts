/** The contract's tasks as plain functions, for a runner that takes functions. */
import { createTaskContext } from '@threeply/task'
import * as tasks from './tasks.ts'

type InlineTask = (input: unknown, context: { readonly signal: AbortSignal }) => unknown

/**
 * The task `name` as a function of its input and a signal.
 * @example executor.map(inputs, inlineTask('echo'), options)
 */
export function inlineTask(name: string): InlineTask {
  const task = (tasks as unknown as Record<string, (input: unknown, context: unknown) => unknown>)[
    name
  ]
  if (task === undefined) throw new Error(`the contract has no task '${name}'`)
  return (input, { signal }) => task(input, createTaskContext({ signal }))
}
