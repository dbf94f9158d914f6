/** The calls of `run`: from the queue through a lane to their settlement, each exactly once. */

import type { TaskOutcome } from '@threeply/metrics/runner'
import { QueueFullError, TaskDroppedError, TaskTimeoutError } from '@threeply/task'
import type { AbortListeners } from './abort-listeners.ts'
import type { AttemptOwner } from './attempt.ts'
import { Deadline } from './deadline.ts'
import type { RunSettings } from './executor-options.ts'
import { type Lane, type Lanes, NOTHING } from './lanes.ts'
import type { OpenCalls } from './open-calls.ts'
import type { QueueSettings } from './queue-settings.ts'
import type { Recorder } from './recorder.ts'
import { RunLine, type RunStarter } from './run-line.ts'
import {
  type AnyFunction,
  Rejection,
  RunAttempt,
  type RunDetails,
  RunTask,
  WrappedTask,
} from './run-task.ts'
import { SizeWaiters } from './size-waiters.ts'
import { taskName } from './task-name.ts'

/** What the calls share with the rest of their executor. */
export interface RunsHost {
  readonly lanes: Lanes
  readonly calls: OpenCalls
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
}

export class Runs implements RunStarter, AttemptOwner {
  readonly #host: RunsHost
  readonly #lanes: Lanes
  readonly #settings: QueueSettings
  readonly #sizeWaiters = new SizeWaiters()
  /** Where calls without options wait. */
  readonly #plain = new RunLine(0, this)
  /** By priority. They are kept, as there are few. */
  readonly #lines = new Map<number, RunLine>([[0, this.#plain]])
  #waiting = 0

  constructor(host: RunsHost, settings: QueueSettings) {
    this.#host = host
    this.#lanes = host.lanes
    this.#settings = settings
  }

  get waiting(): number {
    return this.#waiting
  }

  run(fn: AnyFunction, settings: RunSettings): Promise<unknown> {
    return new Promise((resolve) => this.#submit(new RunTask(fn, resolve), settings))
  }

  /** Runs `fn` with `args`, and without a context. */
  call(fn: AnyFunction, args: readonly unknown[], settings: RunSettings): Promise<unknown> {
    return new Promise((resolve) => this.#submit(new WrappedTask(fn, args, resolve), settings))
  }

  /** Drops all that waits. */
  clear(): void {
    for (const line of this.#lines.values()) {
      for (let task = line.queue.first; task !== undefined; task = line.queue.first) {
        this.#drop(task, 'clear()')
      }
    }
  }

  /** Fulfilled when fewer than `size` wait. */
  sizeBelow(size: number): Promise<void> {
    return this.#sizeWaiters.below(size, this.#waiting)
  }

  begin(line: RunLine, lane: Lane): unknown {
    const task = line.queue.first
    if (task === undefined) return NOTHING
    this.#leaveQueue(task)
    const attempt = new RunAttempt(this, task)
    lane.attempt = attempt
    if (task.details !== undefined) this.#time(task.details, attempt)
    try {
      return task.call(attempt)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  succeeded(lane: Lane, output: unknown): void {
    const attempt = this.#endAttempt(lane)
    const { task } = attempt
    if (task.resolve !== undefined) this.#settle(task, output, 'completed')
  }

  failed(lane: Lane, error: unknown): void {
    const { task } = this.#endAttempt(lane)
    if (task.resolve !== undefined) this.#settle(task, new Rejection(error), 'failed')
  }

  /** What runs is found through its lane. */
  observed(): void {}

  /** Rejects all that waits and all that runs. */
  destroy(error: unknown): void {
    for (const line of this.#lines.values()) {
      for (let task = line.queue.first; task !== undefined; task = line.queue.first) {
        this.#end(task, error, 'closed')
      }
    }
    for (const attempt of this.#lanes.attempts()) {
      const { task } = attempt as RunAttempt
      if (task.resolve !== undefined) this.#settle(task, new Rejection(error), 'closed')
      attempt.cancel(error)
    }
  }

  #submit(task: RunTask, settings: RunSettings): void {
    const line = this.#line(settings.priority)
    if (settings.needsDetails || this.#host.recorder !== undefined) {
      task.details = this.#details(task, line, settings)
    }
    this.#host.calls.opened()
    this.#host.recorder?.submitted()
    this.#joinQueue(task)
    if (this.#waiting > this.#settings.queueLimit) this.#overflow(task)
    else this.#lanes.offer(line)
  }

  #line(priority: number): RunLine {
    if (priority === 0) return this.#plain
    let line = this.#lines.get(priority)
    if (line === undefined) {
      line = new RunLine(priority, this)
      this.#lines.set(priority, line)
    }
    return line
  }

  #details(task: RunTask, line: RunLine, settings: RunSettings): RunDetails {
    const { signal, timeout, queueTimeout } = settings
    const details: RunDetails = {
      line,
      signal,
      timeout,
      submittedAt: this.#now(),
      deadline: undefined,
      queueDeadline: undefined,
      attempt: undefined,
      abort: (reason) => this.#end(task, reason, 'cancelled'),
    }
    if (timeout !== Number.POSITIVE_INFINITY) {
      details.deadline = new Deadline(timeout, () => this.#timedOut(task, timeout))
    }
    if (queueTimeout !== Number.POSITIVE_INFINITY) {
      details.queueDeadline = new Deadline(queueTimeout, () => this.#timedOut(task, queueTimeout))
    }
    if (signal !== undefined) this.#host.signals.add(signal, details)
    return details
  }

  #joinQueue(task: RunTask): void {
    this.#lineOf(task).queue.push(task)
    this.#waiting += 1
  }

  #leaveQueue(task: RunTask): void {
    const line = this.#lineOf(task)
    line.queue.remove(task)
    if (line.queue.size === 0) this.#lanes.withdraw(line)
    this.#waiting -= 1
    this.#sizeWaiters.tell(this.#waiting)
  }

  #lineOf(task: RunTask): RunLine {
    return task.details?.line ?? this.#plain
  }

  /** `task` has joined the queue, and there are more in it than may wait; unless some start now. */
  #overflow(task: RunTask): void {
    const line = this.#lineOf(task)
    const { queueLimit, overflow } = this.#settings
    const isOver = this.#waiting - this.#lanes.free > queueLimit
    if (isOver && overflow === 'reject') {
      this.#end(task, new QueueFullError(taskName(task.fn), queueLimit), 'refused')
    } else if (isOver && overflow === 'drop-oldest') {
      this.#drop(this.#oldest() ?? task, "overflow: 'drop-oldest'")
    }
    if (task.resolve !== undefined) this.#lanes.offer(line)
  }

  /** The one that has waited longest: async resources are numbered in the order of their making. */
  #oldest(): RunTask | undefined {
    let oldest: RunTask | undefined
    for (const { queue } of this.#lines.values()) {
      const { first } = queue
      if (first === undefined) continue
      if (oldest === undefined || first.asyncId() < oldest.asyncId()) oldest = first
    }
    return oldest
  }

  #drop(task: RunTask, by: string): void {
    this.#end(task, new TaskDroppedError(taskName(task.fn), by), 'dropped')
  }

  #time(details: RunDetails, attempt: RunAttempt): void {
    const startedAt = this.#now()
    details.attempt = attempt
    details.queueDeadline?.clear()
    const queuedAt = details.submittedAt
    attempt.times = { queuedAt, startedAt, deadline: undefined, isSettled: false }
    this.#host.recorder?.left(queuedAt, startedAt)
  }

  #endAttempt(lane: Lane): RunAttempt {
    const attempt = lane.attempt as RunAttempt
    lane.attempt = undefined
    if (attempt.times !== undefined) this.#host.recorder?.ended(attempt.times.startedAt)
    return attempt
  }

  #timedOut(task: RunTask, timeout: number): void {
    const { submittedAt, attempt } = task.details!
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
    const { details } = task
    const attempt = details?.attempt
    if (attempt === undefined) {
      this.#leaveQueue(task)
      if (details !== undefined) this.#host.recorder?.left(details.submittedAt)
    }
    this.#settle(task, new Rejection(reason), outcome)
    attempt?.cancel(reason)
  }

  #settle(task: RunTask, value: unknown, outcome: TaskOutcome): void {
    const { resolve, details } = task
    task.resolve = undefined
    if (details !== undefined) {
      details.deadline?.clear()
      details.queueDeadline?.clear()
      if (details.signal !== undefined) this.#host.signals.remove(details.signal, details)
    }
    this.#host.recorder?.settled(outcome)
    resolve!(value)
    this.#host.calls.settled()
  }

  #now(): number {
    return this.#host.recorder?.now() ?? performance.now()
  }
}
