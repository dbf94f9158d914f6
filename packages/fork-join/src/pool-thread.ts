/**
 * The parent's side of one thread. The thread works on one item after the other, but for those that
 * have forked, which are set aside; `item-states.ts` says how both sides agree on what has started.
 */
import type { MetricsHandle } from '@threeply/metrics'
import { Children } from './children.ts'
import { type Chunk, TaskChunk } from './chunk.ts'
import { isWorthPrefetching } from './chunk-size.ts'
import { refusedInput } from './failed-task.ts'
import { MAX_CHUNKS } from './message-limits.ts'
import {
  CANCEL_FORKS,
  DONE,
  type Duration,
  FORK,
  type FromThread,
  HEAP_EXCEEDED,
  LATE,
  PROGRESS,
  RUN,
  type ToThread,
} from './messages.ts'
import type { NestedForks } from './nested-forks.ts'
import type { ExitReason, PoolMetrics } from './pool-metrics.ts'
import type { PoolSettings } from './pool-options.ts'
import { SentTasks } from './sent-tasks.ts'
import { Stopping } from './stopping.ts'
import type { Cancellation, Submission, Task } from './submission.ts'
import { ThreadAnswers } from './thread-answers.ts'
import { afterDeath, type ThreadEnd, warnOfIdleDeath } from './thread-exit.ts'
import { type ThreadExit, ThreadHost } from './thread-host.ts'
import { WaitingTasks } from './waiting-tasks.ts'

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
  /** Its tasks have forked these. */
  onForked(calls: readonly Submission[]): void
  /** The last task that it had set aside is answered, and it has no other. */
  onVacant(thread: PoolThread): void
  /** @param unfinished What another thread is to have, the latest first. */
  onExit(thread: PoolThread, exit: ThreadExit, unfinished: readonly Task[]): void
}

export interface ThreadSettings {
  readonly module: string
  readonly pool: PoolSettings
  readonly metrics: PoolMetrics
  readonly forks: NestedForks
}

export class PoolThread {
  /** Whether it has ever been ready for tasks. */
  isOpen = false
  /** Whether it takes tasks though it is spent, as too many are already that have not ended. */
  goesOn = false
  /** Since when it has been idle, by `performance.now()`; for whoever ends idle threads. */
  idleSince = 0
  /** What was sent to it and has not started. */
  readonly waiting: WaitingTasks
  /** Fulfils when the thread is gone. */
  readonly exited: Promise<void>
  #onExited: () => void = () => {}

  readonly #observer: ThreadObserver
  readonly #settings: PoolSettings
  readonly #metrics: PoolMetrics
  readonly #metricsHandle: MetricsHandle | undefined
  readonly #sent = new SentTasks()
  readonly #children: Children
  readonly #stopping: Stopping
  readonly #host: ThreadHost
  readonly #answers: ThreadAnswers
  /** Why it was ended from here. */
  #endedFor: 'closed' | 'terminated' | undefined
  #isHeapExceeded = false
  #isRetired = false

  constructor({ module, pool, metrics, forks }: ThreadSettings, observer: ThreadObserver) {
    this.#observer = observer
    this.#settings = pool
    this.#metrics = metrics
    this.waiting = new WaitingTasks(this.#sent, metrics)
    const post = (message: ToThread) => this.#host.post(message, [])
    this.#children = new Children(forks, {
      post,
      taskOf: (item) => this.#sent.at(item),
      cancellationOf: (task) => this.#stopping.cancellationOf(task),
      childless: (task) => this.#stopping.childless(task),
    })
    this.#stopping = new Stopping(this.#sent, this.#children, {
      post,
      terminate: () => {
        this.#endedFor ??= 'terminated'
        this.#host.kill()
      },
    })
    this.exited = new Promise((resolve) => {
      this.#onExited = resolve
    })
    this.#metricsHandle = metrics.threadStarted()
    const opening = {
      module,
      metrics: this.#metricsHandle,
      heapBytes: pool.recycleAfter.heapBytes,
    }
    this.#host = new ThreadHost(opening, pool.resourceLimits, {
      onOpen: (failure) => this.#onOpen(failure),
      onMessage: (message) => this.#onMessage(message),
      onExit: (exit) => this.#onExit(exit),
    })
    this.#answers = new ThreadAnswers(this.#sent, this.#stopping, this.#host.threadId)
  }

  /** Whether it has nothing to do but what waits for children. */
  get isIdle(): boolean {
    return this.#sent.inOrder === 0
  }

  /** Whether it has no task at all. */
  get isVacant(): boolean {
    return this.isIdle && this.#sent.setAside === 0
  }

  /** Whether it was ever sent a task. */
  get hasWorked(): boolean {
    return this.#sent.next > 0
  }

  /** How many tasks it may be sent before it is to be replaced; none when its heap is too large. */
  get tasksLeft(): number {
    if (this.goesOn) return Number.POSITIVE_INFINITY
    return this.#isHeapExceeded ? 0 : this.#settings.recycleAfter.tasks - this.#sent.wanted
  }

  /** Whether it takes no more tasks. */
  get isEnding(): boolean {
    return this.#endedFor !== undefined || this.#host.hasExited
  }

  /** Whether it should be sent its next chunk before it has answered the last. */
  get wantsMore(): boolean {
    if (!this.isOpen || this.isEnding || this.tasksLeft <= 0) return false
    return this.#sent.chunks < MAX_CHUNKS && isWorthPrefetching(this.#sent.duration)
  }

  /** The tasks that it was sent and has not answered. */
  get tasks(): readonly Task[] {
    return this.#sent.list()
  }

  /**
   * Sends tasks, which it runs in their order. A task whose input cannot be sent is rejected, and the
   * others are sent without it.
   * @param mayPoll Whether the thread may poll for what comes next, as a core is to spare.
   */
  send(chunk: Chunk, mayPoll: boolean): void {
    const before = performance.now()
    if (this.isIdle) this.waiting.worksFrom(before)
    this.#children.flush() // what that lets end goes before what begins
    const first = this.#sent.next
    const page = this.#sent.prepare(chunk.size)
    try {
      const segments = chunk.segments(this.#metrics)
      this.#host.post([RUN, first, segments, page, mayPoll], chunk.transfer)
    } catch (error) {
      this.#sendApart(chunk, mayPoll, error)
      return
    }
    chunk.sentTo(this, first)
    this.#sent.push(chunk)
    const now = performance.now()
    this.waiting.sentAt(now)
    this.#metrics.serialised(before, now)
    this.#observer.onSent([chunk.name, chunk.invocations, now - before])
  }

  /** The chunk cannot be sent as one. */
  #sendApart({ tasks, size, duration }: Chunk, mayPoll: boolean, error: unknown): void {
    for (const task of tasks as Task[]) {
      if (task.call.hasFailed) task.call.takeBack(task)
      else if (size > 1) this.send(new TaskChunk([task], duration / size), mayPoll)
      else task.reject(refusedInput(task, error), 'failed', false)
    }
  }

  /**
   * Sees to it that `task` ends: one that has not started never will, and is rejected at once; one
   * that runs is asked to end, and when its grace is over its thread is terminated.
   */
  stop(task: Task, cancellation: Cancellation): void {
    this.#stopping.stop(task, cancellation)
  }

  /** Milliseconds for which a task with a timeout has been running; 0 when it has not started. */
  runTime(task: Task): number {
    const state = this.#sent.stateOf(task)
    // It has started, so more than nothing, however coarse the clock is.
    return state.hasStarted ? Math.max(0.05, state.sinceStart()) : 0
  }

  /** Ends it, which is sent no more, when the last task that it has set aside is answered. */
  retire(): void {
    this.#isRetired = true
    if (this.isVacant) this.close()
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
    for (const task of this.tasks) {
      if (task.thread === undefined) continue // it has ended with another of its call
      const hasStarted = !this.#sent.withdraw(task)
      this.#drop(task)
      task.reject(error, 'closed', hasStarted)
    }
  }

  /** Its answer is wanted no more. @returns Why, if it was cancelled while it ran. */
  #drop(task: Task): Cancellation | undefined {
    this.#sent.drop(task)
    return this.#stopping.ended(task)
  }

  #onOpen(failure: Error | undefined): void {
    if (this.isEnding) return
    this.isOpen = failure === undefined
    this.#observer.onOpen(this, failure)
  }

  #onMessage(message: FromThread): void {
    if (message[0] === DONE) {
      this.waiting.worksFrom(performance.now())
      this.#observer.onRan(message[3])
      this.#answers.take(message[1], message[2])
      this.#observer.onAnswer(this)
    } else if (message[0] === LATE) {
      this.#answers.takeLate(message[1], message[2], message[3])
      if (this.isVacant && !this.isEnding) this.#onVacant()
    } else if (message[0] === FORK) this.#observer.onForked(this.#children.fork(message[1]))
    else if (message[0] === CANCEL_FORKS) this.#children.cancelForks(message[1], message[2])
    else if (message[0] === PROGRESS) this.#answers.progress(message[1], message[2])
    else if (message[0] === HEAP_EXCEEDED) this.#isHeapExceeded = true
  }

  #onVacant(): void {
    if (this.#isRetired) this.close()
    else this.#observer.onVacant(this)
  }

  #onExit(exit: ThreadExit): void {
    const { threadId } = this.#host
    const end = { ...exit, threadId, isKilled: this.#endedFor === 'terminated' }
    const { tasks } = this
    const wasRunning = tasks.some((task) => this.#sent.stateOf(task).hasStarted)
    if (this.isOpen && this.#endedFor === undefined && !wasRunning) warnOfIdleDeath(end)
    // Without a thread by then is one that has ended with another of its call.
    const unfinished = tasks.filter(
      (task) => task.thread !== undefined && !this.#endAfterDeath(task, end),
    )
    const reason: ExitReason = this.#endedFor ?? 'failed'
    // What a lost thread may still write to is nobody else's.
    this.#metrics.threadExited(reason, exit.isLost ? undefined : this.#metricsHandle)
    this.#onExited()
    this.#observer.onExit(this, exit, unfinished.reverse())
    this.#children.abandon()
  }

  /** @returns Whether the task is settled; else another thread is to have it. */
  #endAfterDeath(task: Task, end: ThreadEnd): boolean {
    const hasStarted = !this.#sent.withdraw(task) // a lost thread must not start it after all
    const hasEnded = hasStarted && !this.#sent.isRunning(task)
    const cancellation = this.#drop(task)
    const error =
      cancellation === undefined ? afterDeath(task, { hasStarted, hasEnded }, end) : undefined
    const isSettled = cancellation !== undefined || error !== undefined
    if (hasStarted && !isSettled) this.#metrics.waitsAgain()
    if (cancellation !== undefined) {
      task.reject(cancellation.reason, cancellation.outcome, hasStarted)
    } else if (error !== undefined) {
      task.reject(error, 'thread-exit', hasStarted)
    }
    return isSettled
  }
}
