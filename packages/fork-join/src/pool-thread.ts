/**
 * The parent's side of one thread. The thread works on one item after the other; `item-states.ts`
 * says how both sides agree on what has started.
 */
import type { MetricsHandle } from '@threeply/metrics'
import { decodeError } from '@threeply/task'
import { isWorthPrefetching, isWorthStealing } from './chunk-size.ts'
import { nameTask, refusedInput } from './failed-task.ts'
import { GracePeriods } from './grace-periods.ts'
import { InFlight } from './in-flight.ts'
import { ItemStates } from './item-states.ts'
import {
  cancelMessage,
  DONE,
  type Duration,
  type Failure,
  type FromThread,
  HEAP_EXCEEDED,
  PROGRESS,
  runMessage,
} from './messages.ts'
import type { ExitReason, PoolMetrics } from './pool-metrics.ts'
import type { PoolSettings } from './pool-options.ts'
import type { Cancellation, Task } from './submission.ts'
import { afterDeath, type ThreadEnd } from './thread-exit.ts'
import { type ThreadExit, ThreadHost } from './thread-host.ts'

/** So many chunks of a thread are unanswered at most: the one that it works on and the next. */
const MAX_CHUNKS = 2

/** Who is told what the thread does. */
export interface ThreadObserver {
  /** @param failure Why it takes no tasks, if it does not. */
  onOpen(thread: PoolThread, failure: Error | undefined): void
  /** It has answered, so it may have room for more. */
  onAnswer(thread: PoolThread): void
  /** How long tasks ran on it. */
  onRan(durations: readonly Duration[]): void
  /** Making a message for so many inputs took so long. */
  onSent(duration: Duration): void
  /** @param unfinished What another thread is to have, the latest first. */
  onExit(thread: PoolThread, exit: ThreadExit, unfinished: readonly Task[]): void
}

export interface ThreadSettings {
  readonly module: string
  readonly pool: PoolSettings
  readonly metrics: PoolMetrics
}

export class PoolThread {
  /** Whether it has ever been ready for tasks. */
  isOpen = false
  /** Since when it has been idle, by `performance.now()`; for whoever ends idle threads. */
  idleSince = 0
  /** Fulfils when the thread is gone. */
  readonly exited: Promise<void>
  #onExited: () => void = () => {}

  readonly #observer: ThreadObserver
  readonly #settings: PoolSettings
  readonly #metrics: PoolMetrics
  readonly #metricsHandle: MetricsHandle | undefined
  readonly #states = new ItemStates()
  readonly #inFlight = new InFlight()
  readonly #gracePeriods = new GracePeriods()
  readonly #host: ThreadHost
  /** Why it was ended from here. */
  #endedFor: 'closed' | 'terminated' | undefined
  /** Whether it has answered since it was last asked. */
  #hasAnswered = true
  #isHeapExceeded = false

  constructor({ module, pool, metrics }: ThreadSettings, observer: ThreadObserver) {
    this.#observer = observer
    this.#settings = pool
    this.#metrics = metrics
    this.exited = new Promise((resolve) => {
      this.#onExited = resolve
    })
    this.#metricsHandle = metrics.threadStarted()
    const opening = {
      module,
      states: this.#states.buffer,
      metrics: this.#metricsHandle,
      heapBytes: pool.recycleAfter.heapBytes,
    }
    this.#host = new ThreadHost(opening, pool.resourceLimits, {
      onOpen: (failure) => this.#onOpen(failure),
      onMessage: (message) => this.#onMessage(message),
      onExit: (exit) => this.#onExit(exit),
    })
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0
  }

  /** Whether it was ever sent a task. */
  get hasWorked(): boolean {
    return this.#inFlight.next > 0
  }

  /** How many tasks it may be sent before it is to be replaced; none when its heap is too large. */
  get tasksLeft(): number {
    return this.#isHeapExceeded ? 0 : this.#settings.recycleAfter.tasks - this.#inFlight.next
  }

  /** Whether it takes no more tasks. */
  get isEnding(): boolean {
    return this.#endedFor !== undefined || this.#host.hasExited
  }

  /** Whether it should be sent its next chunk before it has answered the last. */
  get wantsMore(): boolean {
    if (!this.isOpen || this.isEnding || this.#inFlight.chunks >= MAX_CHUNKS) return false
    if (this.tasksLeft <= 0) return false
    return isWorthPrefetching(this.#inFlight.duration)
  }

  /** Whether items wait on it behind another. */
  get hasWaiting(): boolean {
    return this.#inFlight.size > 1
  }

  /** The tasks that it was sent and has not answered. */
  get tasks(): readonly Task[] {
    return this.#inFlight.list()
  }

  /** How many calls of `run` wait on it, but for one that it is about to start. */
  get waitingRuns(): number {
    let runs = 0
    for (let item = this.#inFlight.next - 1; item >= this.#inFlight.first; item -= 1) {
      if (this.#states.hasStarted(item)) return runs
      const task = this.#inFlight.at(item)
      if (task !== undefined && task.index === undefined) runs += 1
    }
    return Math.max(0, runs - 1)
  }

  /**
   * Sends tasks, which it runs in this order. A task whose input cannot be sent is rejected, and the
   * others are sent without it.
   * @param duration How long they will take in milliseconds, as far as is known; else `Infinity`.
   */
  send(tasks: Task[], duration: number): void {
    if (this.isIdle) this.#hasAnswered = true
    const [first] = tasks
    if (first === undefined) return
    const before = performance.now()
    const transfer = tasks.length === 1 ? first.transfer : []
    const message = runMessage(this.#inFlight.next, tasks, this.#metrics)
    this.#states.prepare(this.#inFlight.next, tasks.length)
    try {
      this.#host.post(message, transfer)
    } catch (error) {
      if (tasks.length > 1) for (const task of tasks) this.send([task], duration / tasks.length)
      else first.reject(refusedInput(first, error), 'failed', false)
      return
    }
    let item = this.#inFlight.next
    for (const task of tasks) {
      task.thread = this
      task.item = item
      task.sendings += 1
      item += 1
    }
    this.#inFlight.push(tasks, duration)
    const count = tasks.length === 1 ? first.calls : tasks.length
    this.#observer.onSent([first.name, count, performance.now() - before])
  }

  /**
   * Sees to it that `task` ends: one that has not started never will, and is rejected at once; one
   * that runs is asked to end, and when its grace is over its thread is terminated.
   */
  stop(task: Task, cancellation: Cancellation): void {
    const hasStarted = !this.#states.withdraw(task.item)
    if (!hasStarted || !this.#isRunning(task)) {
      this.#drop(task)
      task.reject(cancellation.reason, cancellation.outcome, hasStarted)
      return
    }
    if (this.#gracePeriods.has(task)) return
    this.#gracePeriods.start(task, cancellation, () => this.#onGraceOver(task, cancellation))
    this.#states.cancel(task.item)
    this.#postReason(task.item, cancellation.reason)
  }

  /**
   * Called at intervals. When it has not answered since the last time, what has not started is taken
   * back, the latest first: it waits behind something that takes longer than was thought.
   */
  takeOverdue(): readonly Task[] {
    const isOverdue = this.hasWaiting && !this.#hasAnswered
    this.#hasAnswered = false
    if (!isOverdue) return []
    const { waiting, isAnyRunning } = this.#waiting()
    return isAnyRunning ? this.#takeBack(waiting) : []
  }

  /** Takes back half of what has not started, the latest first, for a thread that has nothing to do. */
  steal(): readonly Task[] {
    if (!this.hasWaiting || !isWorthStealing(this.#inFlight.duration)) return []
    const { waiting, isAnyRunning } = this.#waiting()
    const first = isAnyRunning ? 0 : 1 // which is about to start
    return this.#takeBack(waiting.slice(first + Math.floor((waiting.length - first) / 2)))
  }

  #waiting(): { readonly waiting: readonly Task[]; readonly isAnyRunning: boolean } {
    const tasks = this.#inFlight.list()
    const waiting = tasks.filter(({ item }) => !this.#states.hasStarted(item))
    return { waiting, isAnyRunning: waiting.length < tasks.length }
  }

  /** @returns Those that have not started meanwhile, the latest first. */
  #takeBack(tasks: readonly Task[]): readonly Task[] {
    const taken: Task[] = []
    for (const task of tasks.toReversed()) {
      const isHere = task.transfer.length === 0
      if (!isHere || !this.#states.withdraw(task.item)) continue
      this.#drop(task)
      task.sendings -= 1 // only those to threads that died count
      taken.push(task)
    }
    return taken
  }

  /** Milliseconds for which a task with a timeout has been running; 0 when it has not started. */
  runTime({ item }: Task): number {
    // It has started, so more than nothing, however coarse the clock is.
    return this.#states.hasStarted(item) ? Math.max(0.05, this.#states.sinceStart()) : 0
  }

  /** Ends it when it has nothing to do, after its teardown. */
  close(): void {
    this.#endedFor ??= 'closed'
    this.#host.end(this.#settings.grace)
  }

  /** Ends it at once, and rejects all that it has with `error`. */
  destroy(error: Error): void {
    this.#endedFor ??= 'closed'
    this.#host.kill()
    for (const task of this.#inFlight.list()) {
      const hasStarted = this.#states.hasStarted(task.item)
      if (hasStarted && this.#isRunning(task)) this.#metrics.died(false)
      this.#drop(task)
      task.reject(error, 'closed', hasStarted)
    }
  }

  #postReason(item: number, reason: unknown): void {
    try {
      this.#host.post(cancelMessage(item, reason), [])
    } catch {
      // The reason cannot travel; the task gets another, and the caller its own.
      const standIn = new DOMException('This task was cancelled', 'AbortError')
      this.#host.post(cancelMessage(item, standIn), [])
    }
  }

  /** Whether `task`, which has started, has not ended: it may have, and its answer not be here yet. */
  #isRunning({ item }: Task): boolean {
    for (let later = item + 1; later < this.#inFlight.next; later += 1) {
      if (this.#states.hasStarted(later)) return false
    }
    return true
  }

  #onGraceOver(task: Task, { reason, outcome }: Cancellation): void {
    if (this.#isRunning(task)) {
      this.#endedFor ??= 'terminated'
      this.#host.kill()
      return
    }
    this.#drop(task)
    task.reject(reason, outcome, true)
  }

  /** Its answer is wanted no more. @returns Why, if it was cancelled while it ran. */
  #drop(task: Task): Cancellation | undefined {
    this.#inFlight.drop(task.item)
    return this.#release(task)
  }

  #release(task: Task): Cancellation | undefined {
    task.thread = undefined
    return this.#gracePeriods.end(task)
  }

  #onOpen(failure: Error | undefined): void {
    if (this.isEnding) return
    this.isOpen = failure === undefined
    this.#observer.onOpen(this, failure)
  }

  #onMessage(message: FromThread): void {
    if (message[0] === DONE) this.#onDone(message[1], message[2], message[3])
    else if (message[0] === PROGRESS) this.#onProgress(message[1], message[2])
    else if (message[0] === HEAP_EXCEEDED) this.#isHeapExceeded = true
  }

  #onDone(
    outputs: readonly unknown[],
    failures: readonly Failure[],
    durations: readonly Duration[],
  ): void {
    this.#hasAnswered = true
    this.#observer.onRan(durations)
    let failed = 0
    for (let offset = 0; offset < outputs.length; offset += 1) {
      const task = this.#inFlight.shift()
      const failure = failures[failed]?.[0] === offset ? failures[failed]![1] : undefined
      if (failure !== undefined) failed += 1
      if (task === undefined) continue
      const cancellation = this.#release(task)
      if (cancellation !== undefined) task.reject(cancellation.reason, cancellation.outcome, true)
      else if (failure === undefined) task.fulfil(outputs[offset])
      else task.reject(nameTask(decodeError(failure), task, this.#host.threadId), 'failed', true)
    }
    this.#observer.onAnswer(this)
  }

  #onProgress(item: number, value: unknown): void {
    const onProgress = this.#inFlight.at(item)?.call.settings.onProgress
    // What the callback throws is the user's, and must not end up in ours.
    if (onProgress !== undefined) queueMicrotask(() => onProgress(value))
  }

  #onExit(exit: ThreadExit): void {
    const { threadId } = this.#host
    const end = { ...exit, threadId, isKilled: this.#endedFor === 'terminated' }
    const unfinished = this.#inFlight.list().filter((task) => !this.#endAfterDeath(task, end))
    const reason: ExitReason = this.#endedFor ?? 'failed'
    this.#metrics.threadExited(reason, this.#metricsHandle)
    this.#onExited()
    this.#observer.onExit(this, exit, unfinished.reverse())
  }

  /** @returns Whether the task is settled; else another thread is to have it. */
  #endAfterDeath(task: Task, end: ThreadEnd): boolean {
    const hasStarted = this.#states.hasStarted(task.item)
    const wasRunning = hasStarted && this.#isRunning(task)
    const cancellation = this.#drop(task)
    const error = cancellation === undefined ? afterDeath(task, hasStarted, end) : undefined
    const isSettled = cancellation !== undefined || error !== undefined
    if (wasRunning) this.#metrics.died(!isSettled)
    if (cancellation !== undefined) {
      task.reject(cancellation.reason, cancellation.outcome, hasStarted)
    } else if (error !== undefined) {
      task.reject(error, 'thread-exit', hasStarted)
    }
    return isSettled
  }
}
