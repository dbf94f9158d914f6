/** How a detached thread has ended, worked out from what is known of it once it is gone. */
import {
  decodeError,
  type EncodedError,
  type FailedTask,
  TaskModuleError,
  ThreadExitError,
} from '@threeply/task'
import type { ResourceUse, Settlement } from './messages.ts'

/**
 * - `completed`: the task returned.
 * - `failed`: the task threw, could not be started, or its thread exited by itself.
 * - `stopped`: the task ended because it was asked to, by `stop`, `shutdown` or its signal.
 * - `terminated`: its thread was ended from outside, by `terminate` or after `grace`.
 * - `out-of-memory`: its thread reached its `resourceLimits`.
 * - `hung`: it was ended because it no longer answered. Nothing looks for that yet.
 */
export type ExitReason =
  | 'completed'
  | 'failed'
  | 'stopped'
  | 'terminated'
  | 'out-of-memory'
  | 'hung'

export interface ExitReport {
  readonly reason: ExitReason
  /** What the thread exited with: 0 after an orderly end, 1 when it failed or was terminated. */
  readonly exitCode: number
  /** With `failed` and `out-of-memory`: what went wrong. */
  readonly error?: Error
  /** From `spawn` until the thread was gone, in milliseconds. */
  readonly duration: number
  /** Processor time of the thread, in milliseconds. Absent where Node does not tell (before 23.9) and for a thread that was terminated. */
  readonly cpu?: { readonly user: number; readonly system: number }
  /**
   * The largest heap of the thread that was seen, in bytes. V8 keeps no peak, so it is looked at after
   * garbage collections, when the thread is not busy, and at its end. Absent for a thread that was
   * terminated or ran out of memory.
   */
  readonly peakHeapBytes?: number
}

/** Who asked a task to stop, and why. */
export interface StopRequest {
  readonly reason: unknown
  /** The caller's signal asked: then `join` rejects with its reason, whatever the task made of it. */
  readonly bySignal: boolean
}

/** How we came to end a thread from outside: by a call of `terminate`, or because a grace ran out. */
export type Termination = 'terminate' | { readonly grace: number }

/** How the thread itself ended. */
export interface ThreadDeath {
  readonly exitCode: number
  /** What Node says that it died of. */
  readonly error?: unknown
}

/** What is known of a thread that is gone. */
export interface ThreadHistory {
  readonly task: FailedTask
  readonly threadName: string
  readonly module: string
  /** What the parent refused the task with; then there never was a thread. */
  readonly refusal: Error | undefined
  /** The task's first line was run. */
  readonly started: boolean
  readonly settlement: Settlement | undefined
  readonly request: StopRequest | undefined
  /** We ended the thread. */
  readonly terminated: Termination | undefined
  readonly death: ThreadDeath
  /** The last error in the thread that nobody caught. */
  readonly lastWords: Error | undefined
  readonly duration: number
  readonly use: ResourceUse | undefined
}

export interface Ending {
  readonly report: ExitReport
  readonly state: 'exited' | 'failed'
  /** How `join` settles. */
  readonly joined: PromiseSettledResult<unknown>
}

export function endingOf(history: ThreadHistory): Ending {
  const { settlement, refusal } = history
  if (refusal !== undefined) return failed(history, 'failed', refusal)
  // The task's own last word counts, even where its thread was terminated a moment later.
  return settlement === undefined ? diedUnsettled(history) : settled(history, settlement)
}

function settled(history: ThreadHistory, settlement: Settlement): Ending {
  const { request, task } = history
  switch (settlement.status) {
    case 'returned':
      if (!settlement.asked) return ended(history, 'completed', fulfilled(settlement.output))
      return ended(
        history,
        'stopped',
        request?.bySignal ? rejected(request.reason) : fulfilled(settlement.output),
      )
    case 'skipped':
      return ended(history, 'stopped', rejected(request?.reason))
    case 'threw':
      if (settlement.isReason) return ended(history, 'stopped', rejected(request?.reason))
      return failed(history, 'failed', taskError(settlement.error, task))
    case 'refused':
      return failed(history, 'failed', taskError(settlement.error, task))
  }
}

function diedUnsettled(history: ThreadHistory): Ending {
  const { death, terminated, request } = history
  if (isOutOfMemory(death.error)) return failed(history, 'out-of-memory', exitError(history))
  if (terminated === undefined) {
    return failed(history, 'failed', history.started ? exitError(history) : bootError(history))
  }
  const joined = rejected(request?.bySignal ? request.reason : exitError(history))
  return ended(history, 'terminated', joined)
}

function ended(history: ThreadHistory, reason: ExitReason, joined: Ending['joined']): Ending {
  return { report: report(history, reason), state: 'exited', joined }
}

function failed(history: ThreadHistory, reason: ExitReason, error: Error): Ending {
  const { request } = history
  return {
    report: { ...report(history, reason), error },
    state: 'failed',
    joined: rejected(request?.bySignal ? request.reason : error),
  }
}

function report({ death, duration, use }: ThreadHistory, reason: ExitReason): ExitReport {
  return { reason, exitCode: death.exitCode, duration, ...use }
}

/** An error that has crossed the boundary, with the task that it came from. */
function taskError(encoded: EncodedError, task: FailedTask): Error {
  return withTask(decodeError(encoded), task)
}

function withTask<E extends Error>(error: E, task: FailedTask): E {
  // An error that a task had from a runner of its own says already where it comes from.
  if (Object.hasOwn(error, 'task')) return error
  return Object.defineProperty(error, 'task', { value: task, configurable: true, writable: true })
}

/** The thread was gone before the task was started, by itself: it is the module that did it. */
function bootError(history: ThreadHistory): Error {
  const { death, module, task } = history
  const cause = causeOfDeath(history)
  if (codeOf(death.error) === 'ERR_WORKER_INIT_FAILED') return exitError(history)
  const error = new TaskModuleError(
    `the task module ${module} ended its thread with code ${death.exitCode} while it loaded, ` +
      'before a task could start. Let a module only define its tasks, and do the work in them.',
    { cause: cause ?? exitError(history) },
  )
  return withTask(error, task)
}

function exitError(history: ThreadHistory): ThreadExitError {
  const { death, task, threadName } = history
  const thread = `thread ${task.thread} ('${threadName}')`
  const message = `${thread} ${whatHappened(history)} Other threads are unharmed.`
  const exit = { exitCode: death.exitCode, cause: causeOfDeath(history) }
  return withTask(new ThreadExitError(message, exit), task)
}

/** Node's own account of an error lacks its class and properties; the thread's has them. */
function causeOfDeath({ death, lastWords }: ThreadHistory): unknown {
  if (death.error === undefined || isOutOfMemory(death.error)) return death.error
  return lastWords ?? death.error
}

function whatHappened({ death, task, terminated, started }: ThreadHistory): string {
  const at = `${started ? 'while running' : 'before it started'} '${task.name}'`
  if (isOutOfMemory(death.error)) {
    return `ran out of memory ${at}. Raise \`resourceLimits\`, or let the task hold less at once.`
  }
  if (terminated === 'terminate') {
    return `was terminated ${at}. Use \`stop\` to let the task end by itself.`
  }
  if (terminated !== undefined) {
    return (
      `was terminated ${at}: asked to stop, it had not ended within ${terminated.grace} ms. ` +
      'Let the task look at `signal` or `cancelled()`, or raise `grace`.'
    )
  }
  if (death.error !== undefined) {
    return `exited with code ${death.exitCode} ${at}: nobody caught what \`cause\` holds.`
  }
  return `exited with code ${death.exitCode} ${at}. A task ends by returning or throwing.`
}

function isOutOfMemory(error: unknown): boolean {
  return codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function fulfilled(value: unknown): PromiseFulfilledResult<unknown> {
  return { status: 'fulfilled', value }
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason }
}
