/** The calls of `run`: from the queue through a lane to their settlement, each exactly once. */

import type { TaskOutcome } from '@threeply/metrics/runner'
import { TaskTimeoutError } from '@threeply/task'
import type { AbortListeners } from './abort-listeners.ts'
import type { AttemptOwner, RunContext } from './attempt.ts'
import { Deadline } from './deadline.ts'
import { type Lane, type Lanes, NOTHING, type Work } from './lanes.ts'
import type { OpenCalls } from './open-calls.ts'
import type { Recorder } from './recorder.ts'
import { Rejection, RunAttempt, RunTask } from './run-task.ts'
import { taskName } from './task-name.ts'
import { WaitingQueue } from './waiting-queue.ts'

/** What the calls share with the rest of their executor. */
export interface RunsHost {
  readonly lanes: Lanes
  readonly calls: OpenCalls
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
}

export class Runs implements Work, AttemptOwner {
  nextTurn: Work | undefined = undefined
  previousTurn: Work | undefined = undefined
  /** No lane is at home here: each task has an async context of its own. */
  readonly expectsMore = false
  readonly #queue = new WaitingQueue()
  readonly #host: RunsHost
  readonly #lanes: Lanes

  constructor(host: RunsHost) {
    this.#host = host
    this.#lanes = host.lanes
  }

  get waiting(): number {
    return this.#queue.size
  }

  submit(
    fn: (context: RunContext) => unknown,
    signal: AbortSignal | undefined,
    timeout: number,
  ): Promise<unknown> {
    return new Promise((resolve) => {
      const task = new RunTask(fn, resolve)
      if (
        signal !== undefined ||
        timeout !== Number.POSITIVE_INFINITY ||
        this.#host.recorder !== undefined
      ) {
        this.#watch(task, signal, timeout)
      }
      this.#queue.push(task)
      this.#host.calls.opened()
      this.#lanes.offer(this)
    })
  }

  begin(lane: Lane): unknown {
    const task = this.#queue.shift()
    if (this.#queue.size === 0) this.#lanes.withdraw(this)
    if (task === undefined) return NOTHING
    const attempt = new RunAttempt(this, task)
    lane.attempt = attempt
    if (task.details !== undefined) this.#time(task, attempt)
    try {
      return task.runInAsyncScope(task.fn, undefined, attempt)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  succeeded(lane: Lane, output: unknown): void {
    const attempt = leave(lane)
    const { task } = attempt
    if (attempt.times !== undefined) this.#host.recorder?.ended(attempt.times.startedAt)
    if (task.resolve !== undefined) this.#settle(task, output, 'completed')
  }

  failed(lane: Lane, error: unknown): void {
    const attempt = leave(lane)
    const { task } = attempt
    if (attempt.times !== undefined) this.#host.recorder?.ended(attempt.times.startedAt)
    if (task.resolve !== undefined) this.#settle(task, new Rejection(error), 'failed')
  }

  /** What runs is found through its lane. */
  observed(): void {}

  /** Rejects all that waits and all that runs. */
  destroy(error: unknown): void {
    this.#lanes.withdraw(this)
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      this.#leftQueue(task)
      this.#settle(task, new Rejection(error), 'closed')
    }
    for (const attempt of this.#lanes.attempts()) {
      const { task } = attempt as RunAttempt
      if (task.resolve !== undefined) this.#settle(task, new Rejection(error), 'closed')
      attempt.cancel(error)
    }
  }

  #watch(task: RunTask, signal: AbortSignal | undefined, timeout: number): void {
    const details = {
      signal,
      timeout,
      submittedAt: this.#now(),
      deadline: undefined as Deadline | undefined,
      attempt: undefined,
      abort: (reason: unknown) => this.#end(task, reason, 'cancelled'),
    }
    task.details = details
    if (timeout !== Number.POSITIVE_INFINITY) {
      details.deadline = new Deadline(timeout, () => this.#timedOut(task))
    }
    if (signal !== undefined) this.#host.signals.add(signal, details)
    this.#host.recorder?.submitted()
  }

  #time(task: RunTask, attempt: RunAttempt): void {
    const details = task.details!
    const startedAt = this.#now()
    details.attempt = attempt
    attempt.times = {
      queuedAt: details.submittedAt,
      startedAt,
      deadline: undefined,
      isSettled: false,
    }
    this.#host.recorder?.left(details.submittedAt, startedAt)
  }

  #timedOut(task: RunTask): void {
    const { submittedAt, timeout, attempt } = task.details!
    const now = this.#now()
    const startedAt = attempt?.times?.startedAt
    const error = new TaskTimeoutError(taskName(task.fn), {
      timeout,
      queueTime: (startedAt ?? now) - submittedAt,
      runTime: startedAt === undefined ? 0 : now - startedAt,
    })
    this.#end(task, error, 'timed-out')
  }

  /** Rejects at once; a function that runs is told to stop, and keeps its lane until it has ended. */
  #end(task: RunTask, reason: unknown, outcome: TaskOutcome): void {
    if (task.resolve === undefined) return
    const attempt = task.details?.attempt
    if (attempt === undefined) {
      this.#queue.remove(task)
      if (this.#queue.size === 0) this.#lanes.withdraw(this)
      this.#leftQueue(task)
    }
    this.#settle(task, new Rejection(reason), outcome)
    attempt?.cancel(reason)
  }

  #leftQueue({ details }: RunTask): void {
    if (details !== undefined) this.#host.recorder?.left(details.submittedAt)
  }

  #settle(task: RunTask, value: unknown, outcome: TaskOutcome): void {
    const { resolve, details } = task
    task.resolve = undefined
    if (details !== undefined) {
      details.deadline?.clear()
      if (details.signal !== undefined) this.#host.signals.remove(details.signal, details)
      this.#host.recorder?.settled(outcome)
    }
    resolve!(value)
    this.#host.calls.settled()
  }

  #now(): number {
    return this.#host.recorder?.now() ?? performance.now()
  }
}

function leave(lane: Lane): RunAttempt {
  const attempt = lane.attempt as RunAttempt
  lane.attempt = undefined
  return attempt
}
