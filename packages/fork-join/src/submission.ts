/** What is submitted: a call that waits for threads, and the tasks that it consists of. */
import type { TaskOutcome } from '@threeply/metrics/runner'
import type { AliasGuard } from './alias-guard.ts'
import type { CallSettings, Transferable } from './call-options.ts'
import type { Chunk } from './chunk.ts'
import { QueueEntry } from './submission-queue.ts'

export type Outcome = TaskOutcome

/** Why a call is cancelled. */
export interface Cancellation {
  readonly reason: unknown
  readonly outcome: 'cancelled' | 'timed-out'
}

/** An accepted call that has tasks to be run: one, or one for each of its inputs. */
export abstract class Submission extends QueueEntry {
  /** Of its task. */
  abstract readonly name: string
  abstract readonly settings: CallSettings
  /** The next task, without taking it; `undefined` when there is none, or none yet. */
  abstract peek(): Task | undefined
  /** Takes the task that `peek` gave, for a thread. */
  abstract take(): void
  /** Whether taking its next task may read inputs, which is code of the user's. */
  get readsInputs(): boolean {
    return false
  }
  /** Whether it has failed, or was cancelled, as a whole: tasks of it that are taken back are dropped. */
  get hasFailed(): boolean {
    return false
  }
  /** Whether its next tasks need not be taken one by one. */
  get isRange(): boolean {
    return false
  }
  /**
   * Takes up to `most` tasks that are side by side, as a chunk; `undefined` when there is none, or none yet.
   * @param cost Milliseconds for each.
   */
  takeRange(_most: number, _cost: number, _guard: AliasGuard): Chunk | undefined {
    return undefined
  }
  /** Whether there may be more tasks than were taken. */
  abstract readonly mayHaveMore: boolean
  /** A task that was taken and not run is here again; the latest is the first to go. */
  abstract takeBack(task: Task): void
  /** How many tasks are still to be taken, as far as that is known; else `Infinity`. */
  abstract readonly remaining: number
  /** Ends the call: what has not started never will. */
  abstract fail(error: unknown, outcome: Outcome): void
}

/** What a call asks of the thread that has its task. */
export interface TaskThread {
  /** Sees to it that the task ends, and rejects it. */
  stop(task: Task, cancellation: Cancellation): void
  /** Milliseconds for which it has been running; 0 when it has not started. */
  runTime(task: Task): number
}

/**
 * One input on its way to its output. Settled once: by `fulfil` or by `reject`, from the one place
 * that it is in at the time, the queue or a thread.
 */
export interface Task {
  readonly name: string
  readonly input: unknown
  /** Its place among the inputs of its call, if it has several. */
  readonly index: number | undefined
  readonly call: Submission
  /** What is moved with its input. */
  readonly transfer: readonly Transferable[]
  /** How often its function is called for it: once, or to fold its input many times. */
  readonly invocations: number
  /** Where it was sent, and its number there, while it is there. */
  thread: TaskThread | undefined
  item: number
  /** How often it was sent. */
  sendings: number
  /** How often it was run by a thread that died of it. */
  deaths: number
  fulfil(output: unknown): void
  reject(error: unknown, outcome: Outcome, hasStarted: boolean): void
}
