/** The calls of `run`: from the queue through a lane to their settlement, each exactly once. */

import type { TaskOutcome } from '@threeply/metrics/runner'
import {
  type DeadlockError,
  QueueFullError,
  TaskDroppedError,
  TaskTimeoutError,
} from '@threeply/task'
import type { WhyCancelled } from './adaptive/limit-sampler.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import { type RunOptions, type RunSettings, runSettings } from './call-options.ts'
import { Deadline } from './deadline.ts'
import type { Suspect } from './deadlocks.ts'
import { type Lane, NOTHING } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { LevelParts } from './level-parts.ts'
import type { QueueSettings } from './queue-settings.ts'
import { Retries } from './retry.ts'
import type { RunStarter } from './run-line.ts'
import { type Line, RunQueue } from './run-queue.ts'
import {
  type AnyFunction,
  Rejection,
  type RunDetails,
  RunTask,
  WITH_ALL,
  WITH_CONTEXT,
  WITH_ONE,
  type WrappedFunction,
} from './run-task.ts'
import { SuspectRun } from './suspect-run.ts'
import { taskName } from './task-name.ts'
import { isTimeoutReason } from './timeout-reason.ts'

export class Runs implements RunStarter<RunTask>, AttemptOwner {
  readonly #host: LevelParts
  readonly #lanes: Lanes
  readonly #settings: QueueSettings
  readonly #queue: RunQueue

  constructor(host: LevelParts, settings: QueueSettings) {
    this.#host = host
    this.#lanes = host.lanes
    this.#settings = settings
    this.#queue = new RunQueue(host.lanes, this, settings.keyConcurrency)
  }

  get waiting(): number {
    return this.#queue.size
  }

  run(fn: AnyFunction, options: RunOptions | undefined): Promise<unknown> {
    try {
      const settings = runSettings('run', fn, options, this.#host.defaults)
      this.#host.calls.checkOpen('run', this.#host.isInner)
      if (settings.signal?.aborted) return Promise.reject(settings.signal.reason)
      return new Promise((resolve) => {
        this.#submit(new RunTask(fn, WITH_CONTEXT, undefined, resolve), settings)
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** One call of a wrapped function, which gets no context. */
  call({ fn, settings }: WrappedFunction, args: readonly unknown[]): Promise<unknown> {
    try {
      this.#host.calls.checkOpen('wrap', this.#host.isInner)
      if (settings.signal?.aborted) return Promise.reject(settings.signal.reason)
      return new Promise((resolve) => {
        const isOne = args.length === 1
        const task = isOne
          ? new RunTask(fn, WITH_ONE, args[0], resolve)
          : new RunTask(fn, WITH_ALL, args, resolve)
        this.#submit(task, settings)
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Drops all that waits. */
  clear(): void {
    for (const task of this.#queue.all()) this.#drop(task, 'clear()')
  }

  /** Fulfilled when fewer than `size` wait. */
  sizeBelow(size: number): Promise<void> {
    return this.#queue.sizeBelow(size)
  }

  /** All that run, and the newest of those that wait. */
  *suspects(limit: number): Generator<Suspect> {
    for (const lane of this.#lanes) {
      if (lane.call !== undefined) yield this.#suspect(lane.call as RunTask, lane)
    }
    for (const task of this.#queue.newest(limit)) yield this.#suspect(task, undefined)
  }

  begin(line: Line, lane: Lane): unknown {
    const task = line.queue.first
    if (task === undefined) return NOTHING
    const { details } = task
    if (details !== undefined && !this.#queue.takeSlots(details, lane)) return NOTHING
    this.#queue.leave(task)
    lane.call = task
    if (details !== undefined || task.takesContext) this.#openAttempt(task, lane)
    try {
      return task.call(this.#host.entrance, lane.attempt)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  succeeded(lane: Lane, output: unknown): void {
    const task = this.#endCall(lane)
    if (task.resolve !== undefined) this.#settle(task, output, 'completed')
  }

  failed(lane: Lane, error: unknown): void {
    const task = this.#endCall(lane)
    if (task.resolve === undefined) return
    const retries = task.details?.retries
    if (retries === undefined) this.#settle(task, new Rejection(error), 'failed')
    else this.#retry(task, retries, error)
  }

  whyCancelled({ attempt }: Lane): WhyCancelled {
    const cancellation = attempt?.cancellation
    if (cancellation === undefined) return undefined
    return isTimeoutReason(cancellation.reason) ? 'timed-out' : 'cancelled'
  }

  /** What runs is found through its lane. */
  observed(): void {}

  /** Rejects all that waits and all that runs. */
  destroy(error: unknown): void {
    for (const task of this.#queue.all()) this.#end(task, error, 'closed')
    for (const { call, attempt } of [...this.#lanes]) {
      const task = call as RunTask | undefined
      if (task?.resolve !== undefined) this.#settle(task, new Rejection(error), 'closed')
      attempt?.cancel(error)
    }
  }

  #submit(task: RunTask, settings: RunSettings): void {
    const isPlain = !settings.needsDetails
    const line = isPlain ? this.#queue.plain : this.#queue.line(settings.priority, settings.key)
    if (!isPlain || this.#host.recorder !== undefined) {
      task.details = this.#details(task, line, settings)
    }
    if (line.slots !== undefined) line.slots.open += 1
    this.#host.calls.opened()
    this.#host.recorder?.submitted()
    this.#queue.join(task, line)
    if (this.waiting > this.#settings.queueLimit) this.#overflow(task)
    if (task.resolve !== undefined) this.#queue.offer(line)
  }

  #details(task: RunTask, line: Line, settings: RunSettings): RunDetails {
    const { signal, timeout, queueTimeout, retry } = settings
    const submittedAt = this.#now()
    const details: RunDetails = {
      settings,
      line,
      submittedAt,
      retries: retry === undefined ? undefined : new Retries(retry),
      deadline: undefined,
      queueDeadline: undefined,
      backOff: undefined,
      attempt: undefined,
      lane: undefined,
      attemptStartedAt: 0,
      queuedAt: submittedAt,
      startedAt: undefined,
      abort: (reason) => this.#end(task, reason, 'cancelled'),
    }
    if (timeout !== Number.POSITIVE_INFINITY) {
      details.deadline = new Deadline(timeout, () => this.#timedOut(task, details, timeout))
    }
    if (queueTimeout !== Number.POSITIVE_INFINITY) {
      const onTime = () => this.#timedOut(task, details, queueTimeout)
      details.queueDeadline = new Deadline(queueTimeout, onTime)
    }
    if (signal !== undefined) this.#host.signals.add(signal, details)
    return details
  }

  #suspect(task: RunTask, lane: Lane | undefined): Suspect {
    const refuse = (error: DeadlockError) => this.#end(task, error, 'refused')
    return new SuspectRun(task, this.#lanes, lane, refuse)
  }

  /** `task` has joined the queue, and there are more in it than may wait; unless some start now. */
  #overflow(task: RunTask): void {
    const { queueLimit, overflow } = this.#settings
    const starting = this.#queue.startable(this.#lanes.free)
    if (this.waiting - starting <= queueLimit || overflow === 'wait') return
    if (overflow === 'drop-oldest') {
      this.#drop(this.#queue.oldest() ?? task, "overflow: 'drop-oldest'")
    } else {
      this.#end(task, new QueueFullError(taskName(task.fn), queueLimit), 'refused')
    }
  }

  #drop(task: RunTask, by: string): void {
    this.#end(task, new TaskDroppedError(taskName(task.fn), by), 'dropped')
  }

  #openAttempt({ details }: RunTask, lane: Lane): void {
    // The type of its context shows no index.
    const attempt = new Attempt(this, 0, details?.retries?.attempt ?? 1)
    lane.attempt = attempt
    if (details === undefined) return
    const startedAt = this.#now()
    details.attempt = attempt
    details.lane = lane
    details.attemptStartedAt = startedAt
    details.startedAt ??= startedAt
    details.queueDeadline?.clear()
    this.#host.recorder?.left(details.queuedAt, startedAt)
  }

  /** What ran in the lane has ended. */
  #endCall(lane: Lane): RunTask {
    const task = lane.call as RunTask
    const { details } = task
    lane.call = undefined
    lane.attempt = undefined
    if (details === undefined) return task
    this.#host.recorder?.ended(details.attemptStartedAt, lane.wasReleased)
    if (lane.wasReleased) return task
    details.attempt = undefined
    this.#queue.giveBack(details.line)
    return task
  }

  #retry(task: RunTask, retries: Retries, error: unknown): void {
    let delay: number | undefined
    try {
      delay = retries.next(error)
    } catch (thrown) {
      this.#settle(task, new Rejection(thrown), 'failed')
      return
    }
    if (delay === undefined) {
      this.#settle(task, new Rejection(error), 'failed')
      return
    }
    const details = task.details!
    details.queuedAt = this.#now()
    this.#host.recorder?.requeued()
    this.#queue.putOff(task)
    details.backOff = new Deadline(delay, () => this.#queue.due(task, details.line))
  }

  #timedOut(task: RunTask, details: RunDetails, timeout: number): void {
    const { submittedAt, startedAt, attempt, lane, settings } = details
    const now = this.#now()
    const error = new TaskTimeoutError(taskName(task.fn), {
      timeout,
      queueTime: (startedAt ?? now) - submittedAt,
      runTime: startedAt === undefined ? 0 : now - startedAt,
    })
    this.#end(task, error, 'timed-out')
    if (attempt !== undefined && settings.releaseOnTimeout) {
      details.attempt = undefined
      this.#lanes.release(lane!)
      this.#host.recorder?.released()
      this.#queue.giveBack(details.line)
    }
  }

  /** Rejects at once; a function that runs is told to stop, and keeps its lane until it has ended. */
  #end(task: RunTask, reason: unknown, outcome: TaskOutcome): void {
    if (task.resolve === undefined) return
    const { details } = task
    const attempt = details?.attempt
    if (attempt === undefined) {
      this.#queue.leave(task)
      if (details !== undefined) this.#host.recorder?.left(details.queuedAt)
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
      const { signal } = details.settings
      if (signal !== undefined) this.#host.signals.remove(signal, details)
      this.#queue.forget(details.line)
    }
    this.#host.recorder?.settled(outcome)
    resolve!(value)
    this.#host.calls.settled()
  }

  #now(): number {
    return this.#host.recorder?.now() ?? performance.now()
  }
}
