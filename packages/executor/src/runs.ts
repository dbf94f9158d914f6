/** The calls of `run`: from the queue through a lane to their settlement, each exactly once. */

import type { TaskOutcome } from '@threeply/metrics/runner'
import { QueueFullError, TaskDroppedError, TaskTimeoutError } from '@threeply/task'
import type { AbortListeners } from './abort-listeners.ts'
import type { AttemptOwner } from './attempt.ts'
import { Deadline } from './deadline.ts'
import type { RunSettings } from './executor-options.ts'
import { KeyedSlots } from './keyed-slots.ts'
import { type Lane, type Lanes, NOTHING } from './lanes.ts'
import type { OpenCalls } from './open-calls.ts'
import type { QueueSettings } from './queue-settings.ts'
import type { Recorder } from './recorder.ts'
import { Retries } from './retry.ts'
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

/** Where calls of `run` wait. */
type Line = RunLine<RunTask>

/** What the calls share with the rest of their executor. */
export interface RunsHost {
  readonly lanes: Lanes
  readonly calls: OpenCalls
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
}

export class Runs implements RunStarter<RunTask>, AttemptOwner {
  readonly #host: RunsHost
  readonly #lanes: Lanes
  readonly #settings: QueueSettings
  readonly #sizeWaiters = new SizeWaiters()
  /** Where calls without options wait. */
  readonly #plain = new RunLine<RunTask>(this, 0)
  /** The lines without a key, by priority. They are kept, as there are few. */
  readonly #lines = new Map<number, Line>([[0, this.#plain]])
  readonly #keys: KeyedSlots<Line>
  /** Those whose next attempt is put off. */
  readonly #backingOff = new Set<RunTask>()
  #queued = 0

  constructor(host: RunsHost, settings: QueueSettings) {
    this.#host = host
    this.#lanes = host.lanes
    this.#settings = settings
    this.#keys = new KeyedSlots<Line>(settings.keyConcurrency)
  }

  get waiting(): number {
    return this.#queued + this.#backingOff.size
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
    for (const task of this.#allWaiting()) this.#drop(task, 'clear()')
  }

  /** Fulfilled when fewer than `size` wait. */
  sizeBelow(size: number): Promise<void> {
    return this.#sizeWaiters.below(size, this.waiting)
  }

  begin(line: Line, lane: Lane): unknown {
    const task = line.queue.first
    if (task === undefined) return NOTHING
    const { details } = task
    if (details !== undefined && !this.#takeSlots(details, lane)) return NOTHING
    this.#leaveQueue(task)
    const startedAt = details === undefined ? 0 : this.#started(details)
    const attempt = new RunAttempt(this, task, lane, startedAt)
    lane.attempt = attempt
    if (details !== undefined) details.attempt = attempt
    try {
      return task.call(attempt)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  succeeded(lane: Lane, output: unknown): void {
    const { task } = this.#endAttempt(lane)
    if (task.resolve !== undefined) this.#settle(task, output, 'completed')
  }

  failed(lane: Lane, error: unknown): void {
    const { task } = this.#endAttempt(lane)
    if (task.resolve === undefined) return
    const retries = task.details?.retries
    if (retries === undefined) this.#settle(task, new Rejection(error), 'failed')
    else this.#retry(task, retries, error)
  }

  /** What runs is found through its lane. */
  observed(): void {}

  /** Rejects all that waits and all that runs. */
  destroy(error: unknown): void {
    for (const task of this.#allWaiting()) this.#end(task, error, 'closed')
    for (const attempt of this.#lanes.attempts()) {
      const { task } = attempt as RunAttempt
      if (task.resolve !== undefined) this.#settle(task, new Rejection(error), 'closed')
      attempt.cancel(error)
    }
  }

  #submit(task: RunTask, settings: RunSettings): void {
    const line = this.#line(settings)
    if (settings.needsDetails || this.#host.recorder !== undefined) {
      task.details = this.#details(task, line, settings)
    }
    if (line.slots !== undefined) line.slots.open += 1
    this.#host.calls.opened()
    this.#host.recorder?.submitted()
    this.#joinQueue(task, line)
    if (this.waiting > this.#settings.queueLimit) this.#overflow(task, line)
    if (task.resolve !== undefined) this.#offer(line)
  }

  #line({ priority, key }: RunSettings): Line {
    const slots = this.#keys.of(key)
    if (slots === undefined && priority === 0) return this.#plain
    const lines = slots?.lines ?? this.#lines
    let line = lines.get(priority)
    if (line === undefined) {
      line = new RunLine<RunTask>(this, priority, slots)
      lines.set(priority, line)
    }
    return line
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

  #joinQueue(task: RunTask, line: Line): void {
    line.queue.push(task)
    this.#queued += 1
  }

  #leaveQueue(task: RunTask): void {
    if (this.#backingOff.delete(task)) {
      task.details!.backOff!.clear()
    } else {
      const line = task.details?.line ?? this.#plain
      line.queue.remove(task)
      this.#queued -= 1
      if (line.queue.size === 0) this.#lanes.withdraw(line)
      else this.#lanes.reconsider(line)
    }
    this.#sizeWaiters.tell(this.waiting)
  }

  /** Lets lanes take from a line, unless its key has all that it may have. */
  #offer(line: Line): void {
    if (!line.slots?.isFull) this.#lanes.offer(line)
  }

  /** `task` has joined the queue, and there are more in it than may wait; unless some start now. */
  #overflow(task: RunTask, line: Line): void {
    const { queueLimit, overflow } = this.#settings
    const starting = line.slots?.isFull ? 0 : this.#lanes.free
    if (this.waiting - starting <= queueLimit || overflow === 'wait') return
    if (overflow === 'drop-oldest') {
      this.#drop(this.#oldest() ?? task, "overflow: 'drop-oldest'")
    } else {
      this.#end(task, new QueueFullError(taskName(task.fn), queueLimit), 'refused')
    }
  }

  /** The one that has waited longest: async resources are numbered in the order of their making. */
  #oldest(): RunTask | undefined {
    let oldest: RunTask | undefined
    for (const { queue } of this.#allLines()) {
      const { first } = queue
      if (first === undefined) continue
      if (oldest === undefined || first.asyncId() < oldest.asyncId()) oldest = first
    }
    return oldest
  }

  *#allLines(): Generator<Line> {
    yield* this.#lines.values()
    yield* this.#keys.lines()
  }

  #allWaiting(): RunTask[] {
    const tasks = [...this.#backingOff]
    for (const { queue } of this.#allLines()) tasks.push(...queue)
    return tasks
  }

  #drop(task: RunTask, by: string): void {
    this.#end(task, new TaskDroppedError(taskName(task.fn), by), 'dropped')
  }

  /** For the task that is first in its line: its key's slot, and more than one if it is heavy. */
  #takeSlots({ line, settings: { weight } }: RunDetails, lane: Lane): boolean {
    if (weight > 1 && !this.#lanes.reserve(line, lane, weight)) return false
    const { slots } = line
    if (slots === undefined) return true
    slots.running += 1
    if (slots.isFull) for (const full of slots.lines.values()) this.#lanes.withdraw(full)
    return true
  }

  #giveBack({ slots }: Line): void {
    if (slots === undefined) return
    slots.running -= 1
    for (const line of slots.lines.values()) if (line.queue.size > 0) this.#offer(line)
    this.#keys.forgetIfIdle(slots)
  }

  #started(details: RunDetails): number {
    const startedAt = this.#now()
    details.startedAt ??= startedAt
    details.queueDeadline?.clear()
    this.#host.recorder?.left(details.queuedAt, startedAt)
    return startedAt
  }

  #endAttempt(lane: Lane): RunAttempt {
    const attempt = lane.attempt as RunAttempt
    lane.attempt = undefined
    const { details } = attempt.task
    if (details === undefined) return attempt
    this.#host.recorder?.ended(attempt.startedAt, lane.wasReleased)
    if (lane.wasReleased) return attempt
    details.attempt = undefined
    this.#giveBack(details.line)
    return attempt
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
    this.#backingOff.add(task)
    details.backOff = new Deadline(delay, () => {
      this.#backingOff.delete(task)
      this.#joinQueue(task, details.line)
      this.#offer(details.line)
    })
  }

  #timedOut(task: RunTask, details: RunDetails, timeout: number): void {
    const { submittedAt, startedAt, attempt, settings } = details
    const now = this.#now()
    const error = new TaskTimeoutError(taskName(task.fn), {
      timeout,
      queueTime: (startedAt ?? now) - submittedAt,
      runTime: startedAt === undefined ? 0 : now - startedAt,
    })
    this.#end(task, error, 'timed-out')
    if (attempt !== undefined && settings.releaseOnTimeout) {
      details.attempt = undefined
      this.#lanes.release(attempt.lane)
      this.#host.recorder?.released()
      this.#giveBack(details.line)
    }
  }

  /** Rejects at once; a function that runs is told to stop, and keeps its lane until it has ended. */
  #end(task: RunTask, reason: unknown, outcome: TaskOutcome): void {
    if (task.resolve === undefined) return
    const { details } = task
    const attempt = details?.attempt
    if (attempt === undefined) {
      this.#leaveQueue(task)
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
      const { slots } = details.line
      if (slots !== undefined) {
        slots.open -= 1
        this.#keys.forgetIfIdle(slots)
      }
    }
    this.#host.recorder?.settled(outcome)
    resolve!(value)
    this.#host.calls.settled()
  }

  #now(): number {
    return this.#host.recorder?.now() ?? performance.now()
  }
}
