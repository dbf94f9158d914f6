/** What the errors of threads say beside what happened: to which task, and on which thread. */
import { type FailedTask, ThreadExitError } from '@threeply/task'
import { serializationError } from '@threeply/task/runner'
import type { Task } from './submission.ts'
import type { ThreadExit } from './thread-host.ts'

/** Notes on `error`, not enumerable, which task it is of. */
export function nameTask(error: Error, { name, index }: Task, thread?: number): Error {
  const task: FailedTask = {
    name,
    ...(index === undefined ? {} : { index }),
    ...(thread === undefined ? {} : { thread }),
  }
  Object.defineProperty(error, 'task', { value: task, configurable: true, writable: true })
  return error
}

/** The error of a task whose input `postMessage` has refused. */
export function refusedInput(task: Task, cause: unknown): Error {
  const { name, input, call } = task
  const error = serializationError(name, 'input', input, cause, call.settings.transfer)
  return nameTask(error, task)
}

/** How a task came to be where its thread died. */
export type Fate = 'ran' | 'moved' | 'sent too often'

/** The error of a task whose thread has died. */
export function threadExitError(
  task: Task,
  thread: number,
  exit: ThreadExit & { readonly isKilled: boolean },
  fate: Fate,
): Error {
  const how = exit.isKilled
    ? 'was terminated, as a task on it did not end when it was cancelled,'
    : `exited with code ${exit.exitCode}`
  const message = `thread ${thread} ${how} ${MESSAGES[fate](task)}`
  return nameTask(new ThreadExitError(message, exit), task, thread)
}

const MESSAGES: Record<Fate, (task: Task) => string> = {
  ran: ({ name, call, deaths }) =>
    `while running '${name}'. Other tasks are unharmed. ` +
    (call.settings.idempotent
      ? `It is idempotent and was run ${deaths} times; what it does to its thread must be found.`
      : 'Set `idempotent: true` to have it run again on another thread.'),
  moved: ({ name }) =>
    `before it started '${name}', whose input had been moved to it and is lost. ` +
    'Submit it again, or leave out `transfer`.',
  'sent too often': ({ name, sendings }) =>
    `before it started '${name}', which was sent to ${sendings} threads that all died. ` +
    'Find out which task ends them; `cause` and `exitCode` are of the last.',
}
