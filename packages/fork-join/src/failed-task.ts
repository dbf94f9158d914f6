/** Which task an error is of. */
import type { FailedTask } from '@threeply/task'
import { isCloneable, serializationError } from '@threeply/task/runner'
import type { Task } from './submission.ts'

/** Notes on `error`, not enumerable, which task it is of, and on which thread that was. */
export function nameTask(error: Error, { name, index }: Task, thread?: number): Error {
  const task: FailedTask = {
    name,
    ...(index === undefined ? {} : { index }),
    ...(thread === undefined ? {} : { thread }),
  }
  return nameTaskOf(error, task)
}

export function nameTaskOf(error: Error, task: FailedTask): Error {
  return Object.defineProperty(error, 'task', { value: task, configurable: true, writable: true })
}

/** The error of a task that `postMessage` has refused, for its input or for what it carries. */
export function refusedInput(task: Task, cause: unknown): Error {
  const { name, input, transfer } = task
  const carried = task.call.settings.carried?.[0]
  if (carried !== undefined && !isCloneable(carried)) {
    return nameTask(serializationError(name, 'carried', carried, cause), task)
  }
  const error = serializationError(name, 'input', input, cause, transfer)
  return nameTask(error, task)
}
