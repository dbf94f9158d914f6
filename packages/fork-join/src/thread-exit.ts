/** What becomes of a task whose thread has died: another thread gets it, or it rejects, and says why. */
import { ThreadExitError } from '@threeply/task'
import { isError } from '@threeply/task/runner'
import { nameTask } from './failed-task.ts'
import type { Task } from './submission.ts'

/** A task that has not started is sent so many times, to one thread after the other. */
const MAX_SENDINGS = 3
/** An idempotent task is run so many times. */
const MAX_RUNS = 3

/** How a thread ended. */
export interface ThreadEnd {
  readonly threadId: number
  readonly exitCode: number
  /** The error that ended it, if one did. */
  readonly cause: unknown
  /** Whether it was terminated because a cancelled task went on. */
  readonly isKilled: boolean
}

/**
 * Decides about a task that was not cancelled.
 * @param progress Whether it ran, and whether it even has ended, and its output is lost.
 * @returns What it rejects with; `undefined` when another thread is to have it.
 */
export function afterDeath(
  task: Task,
  { hasStarted, hasEnded }: { readonly hasStarted: boolean; readonly hasEnded: boolean },
  end: ThreadEnd,
): Error | undefined {
  const { idempotent } = task.call.settings
  if (hasStarted) task.deaths += 1
  const wasMoved = task.transfer.length > 0
  if (hasStarted) {
    const again = idempotent && !wasMoved && task.deaths < MAX_RUNS
    if (again) return undefined
    return exitError(task, end, hasEnded ? afterTask(task) : whileRunning(task, end))
  }
  if (wasMoved) return exitError(task, end, beforeStart(task, 'whose input was moved to it'))
  if (task.sendings < MAX_SENDINGS) return undefined
  return exitError(task, end, beforeStart(task, `as did ${task.sendings - 1} before it`))
}

/** Nobody has a promise that would tell of it: a thread has died that ran no task. */
export function warnOfIdleDeath(end: ThreadEnd): void {
  const message =
    `${howItEnded(end)} while it ran no task. Something that a task had left behind ended it, such ` +
    'as a timer or a promise that nobody awaits. Tasks that waited there run on another thread.'
  const warning = new Error(message, { cause: end.cause })
  warning.name = 'ThreeplyWarning'
  process.emitWarning(warning)
}

function exitError(task: Task, end: ThreadEnd, what: string): Error {
  const message = `${howItEnded(end)} ${what}`
  return nameTask(new ThreadExitError(message, end), task, end.threadId)
}

function howItEnded({ threadId, isKilled, exitCode, cause }: ThreadEnd): string {
  if (isKilled) {
    return `thread ${threadId} was terminated, since a task on it went on after it was cancelled,`
  }
  const error = isError(cause) ? ` (${String(cause.name)}: ${String(cause.message)})` : ''
  return `thread ${threadId} exited with code ${exitCode}${error}`
}

function whileRunning(task: Task, { cause }: ThreadEnd): string {
  const isOutOfMemory =
    (cause as { readonly code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
  const advice = isOutOfMemory
    ? 'Give it less at a time, or its thread more by `resourceLimits`.'
    : runAgain(task)
  return `while running '${task.name}'. Other tasks are unharmed. ${advice}`
}

function afterTask(task: Task): string {
  const isOneOfMany = task.index !== undefined
  const alone = isOneOfMany ? 'With `chunkSize: 1` each output is sent at once. ' : ''
  return `while its output of '${task.name}' waited for that of a task after it. ${alone}${runAgain(task)}`
}

function runAgain({ deaths, call }: Task): string {
  if (!call.settings.idempotent) {
    return 'Find what ends it; with `idempotent: true` it is run again, on another thread.'
  }
  const times = deaths === 1 ? 'once' : `${deaths} times`
  return `It is idempotent and was run ${times}: find what ends its thread.`
}

function beforeStart({ name }: Task, why: string): string {
  return `before it started '${name}', ${why}. Submit it again when it is known what ends threads.`
}
