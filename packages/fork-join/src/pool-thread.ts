/**
 * The parent's side of one thread: what it was sent and has not answered, in order. The thread works
 * on one item after the other; `item-states.ts` says how both sides agree on what has started.
 */
import { decodeError, encodeError } from '@threeply/task'
import { isError, LONGEST_TIMER } from '@threeply/task/runner'
import { isWorthPrefetching } from './chunk-size.ts'
import { nameTask, refusedInput, threadExitError } from './failed-task.ts'
import { ItemStates } from './item-states.ts'
import {
  CANCEL,
  type CancelReason,
  DONE,
  type Duration,
  type Failure,
  type FromThread,
  RUN,
  type Segment,
  WANTS_PROGRESS,
  WANTS_START_TIME,
} from './messages.ts'
import type { ResourceLimits } from './pool-options.ts'
import type { Cancellation, Task } from './submission.ts'
import { type ThreadExit, ThreadHost } from './thread-host.ts'

/** A task that did not start is sent so many times, to one thread after the other. */
const MAX_SENDINGS = 3
/** An idempotent task is run so many times. */
const MAX_RUNS = 3

/** At most so many chunks of a thread are unanswered: the one that it works on and the next. */
const MAX_CHUNKS = 2

/** Why a thread ended, as metrics name it. */
export type ExitReason = 'closed' | 'failed' | 'terminated'

/** Who is told what the thread does. */
export interface ThreadObserver {
  onOpen(thread: PoolThread, failure: Error | undefined): void
  /** It has answered, so it may have room for more. */
  onAnswer(thread: PoolThread): void
  onDurations(durations: readonly Duration[]): void
  /** Making a message for `count` inputs of one task took so many milliseconds. */
  onSent(name: string, count: number, duration: number): void
  /** @param unfinished What is to be sent to another thread, the latest first. */
  onExit(
    thread: PoolThread,
    reason: ExitReason,
    exit: ThreadExit,
    unfinished: readonly Task[],
  ): void
}

export interface ThreadSettings {
  readonly module: string
  readonly resourceLimits: ResourceLimits | undefined
}

export class PoolThread {
  isOpen = false
  /** When it last became idle, by `performance.now()`; for whoever ends idle threads. */
  idleSince = 0
  readonly #observer: ThreadObserver
  readonly #states = new ItemStates()
  readonly #host: ThreadHost
  #endedBy: 'close' | 'kill' | undefined
  #onExited: (() => void) | undefined
  /** Fulfils when the thread is gone. */
  readonly exited = new Promise<void>((resolve) => {
    this.#onExited = resolve
  })

  /** What is unanswered from `#first` on, with holes for what is wanted no more. */
  #tasks: (Task | undefined)[] = []
  #answered = 0
  #first = 0
  #next = 0
  /** The chunks of these tasks. */
  readonly #chunks: { left: number; duration: number }[] = []
  /** Whether it has answered since it was last asked. */
  #hasAnswered = true
  readonly #graceTimers = new Map<Task, NodeJS.Timeout>()

  constructor({ module, resourceLimits }: ThreadSettings, observer: ThreadObserver) {
    this.#observer = observer
    const opening = { module, states: this.#states.buffer }
    this.#host = new ThreadHost(opening, resourceLimits, {
      onOpen: (failure) => this.#onOpen(failure),
      onMessage: (message) => this.#onMessage(message),
      onExit: (exit) => this.#onExit(exit),
    })
  }

  get threadId(): number {
    return this.#host.threadId
  }

  get isIdle(): boolean {
    return this.#chunks.length === 0
  }

  /** How many items it has not answered. */
  get unanswered(): number {
    return this.#next - this.#first
  }

  /** How many calls of `run` it was sent and has not started, but for one that it is about to start. */
  get waitingRuns(): number {
    const { tasks } = this
    const waiting = tasks.filter(({ item }) => !this.#states.hasStarted(item))
    const isAboutToStart = waiting.length === tasks.length
    return waiting.filter(isRun).length - (isAboutToStart && waiting.some(isRun) ? 1 : 0)
  }

  /** Whether it takes no more tasks. */
  get isEnding(): boolean {
    return this.#endedBy !== undefined || this.#host.hasExited
  }

  /** Whether it should be sent its next chunk before it has answered the last. */
  get wantsMore(): boolean {
    if (!this.isOpen || this.isEnding || this.#chunks.length >= MAX_CHUNKS) return false
    let duration = 0
    for (const chunk of this.#chunks) duration += chunk.duration
    return isWorthPrefetching(duration)
  }

  /**
   * Sends tasks, which it runs in this order. A task whose input cannot be sent is rejected, and the
   * others are sent without it.
   * @param duration How long they will take, as far as is known; else `Infinity`.
   */
  send(tasks: readonly Task[], duration: number): void {
    if (this.isIdle) this.#hasAnswered = true
    try {
      this.#post(tasks)
      this.#chunks.push({ left: tasks.length, duration })
    } catch (error) {
      if (tasks.length > 1) for (const task of tasks) this.send([task], duration / tasks.length)
      else for (const task of tasks) task.reject(refusedInput(task, error), 'failed')
    }
  }

  /**
   * Sees to it that `task` ends: one that has not started never will, and is rejected at once; one
   * that runs is asked to end, and when its grace is over its thread is terminated.
   */
  stop(task: Task, cancellation: Cancellation): void {
    if (this.#states.withdraw(task.item) || !this.#isRunning(task)) {
      this.#drop(task)
      task.reject(cancellation.reason, cancellation.outcome)
      return
    }
    if (task.cancellation !== undefined) return
    task.cancellation = cancellation
    this.#states.cancel(task.item)
    this.#postReason(task.item, cancellation.reason)
    const { grace } = task.call.settings
    if (grace > LONGEST_TIMER) return
    const timer = setTimeout(() => this.#onGraceOver(task, cancellation), grace)
    this.#graceTimers.set(task, timer)
  }

  /** The tasks that it was sent and has not answered. */
  get tasks(): readonly Task[] {
    return this.#tasks.slice(this.#answered).filter((task) => task !== undefined)
  }

  /**
   * Called at intervals. When it has not answered since the last time, what has not started is taken
   * back, the latest first: it waits behind something that takes longer than was thought.
   */
  takeOverdue(): readonly Task[] {
    const taken: Task[] = []
    const isOverdue = this.unanswered > 1 && !this.#hasAnswered
    this.#hasAnswered = false
    if (!isOverdue) return taken
    const { tasks } = this
    if (!tasks.some(({ item }) => this.#states.hasStarted(item))) return taken
    for (const task of tasks.toReversed()) {
      const isHere = task.call.settings.transfer.length === 0
      if (!isHere || !this.#states.withdraw(task.item)) continue
      this.#drop(task)
      task.sendings -= 1 // the thread lives, so this one does not count
      taken.push(task)
    }
    return taken
  }

  /** Milliseconds for which `task` has been running; 0 when it has not started. Only of timed tasks. */
  runTime(task: Task): number {
    // It has started, so more than nothing, however coarse the clock is.
    return this.#states.hasStarted(task.item) ? Math.max(0.05, this.#states.sinceStart()) : 0
  }

  /** Ends it when it has nothing to do. */
  close(): void {
    this.#endedBy ??= 'close'
    this.#host.kill()
  }

  /** Ends it at once, and rejects all that it has with `error`. */
  destroy(error: Error): void {
    this.#endedBy ??= 'close'
    this.#host.kill()
    for (const task of this.tasks) {
      this.#drop(task)
      task.reject(error, 'closed')
    }
  }

  #post(tasks: readonly Task[]): void {
    const before = performance.now()
    const transfer = tasks.length === 1 ? tasks[0]!.call.settings.transfer : []
    this.#states.prepare(this.#next, tasks.length)
    this.#host.post([RUN, this.#next, segmentsOf(tasks)], transfer)
    for (const task of tasks) {
      task.thread = this
      task.item = this.#next
      task.sendings += 1
      this.#next += 1
      this.#tasks.push(task)
    }
    const { name } = tasks[0]!
    this.#observer.onSent(name, tasks.length, performance.now() - before)
  }

  #postReason(item: number, reason: unknown): void {
    try {
      this.#host.post([CANCEL, item, reasonOf(reason)], [])
    } catch {
      // The reason itself cannot travel; the caller gets it all the same.
      const standIn = new DOMException('This task was cancelled', 'AbortError')
      this.#host.post([CANCEL, item, reasonOf(standIn)], [])
    }
  }

  /** Whether `task`, which has started, has not ended. The thread may have ended it and told nothing yet. */
  #isRunning({ item }: Task): boolean {
    for (let later = item + 1; later < this.#next; later += 1) {
      if (this.#states.hasStarted(later)) return false
    }
    return true
  }

  #onGraceOver(task: Task, { reason, outcome }: Cancellation): void {
    this.#graceTimers.delete(task)
    if (this.#isRunning(task)) {
      this.#endedBy ??= 'kill'
      this.#host.kill()
    } else {
      this.#drop(task)
      task.reject(reason, outcome)
    }
  }

  /** Its answer is wanted no more. */
  #drop(task: Task): void {
    this.#tasks[this.#answered + task.item - this.#first] = undefined
    this.#release(task)
  }

  #release(task: Task): void {
    task.thread = undefined
    task.cancellation = undefined
    if (this.#graceTimers.size === 0) return
    clearTimeout(this.#graceTimers.get(task))
    this.#graceTimers.delete(task)
  }

  #onOpen(failure: Error | undefined): void {
    if (this.#endedBy !== undefined) return
    this.isOpen = failure === undefined
    this.#observer.onOpen(this, failure)
  }

  #onMessage(message: FromThread): void {
    if (message[0] === DONE) this.#onDone(message[1], message[2], message[3])
    else if (message[0] === 1) this.#onProgress(message[1], message[2])
  }

  #onDone(
    outputs: unknown[],
    failures: readonly Failure[] | undefined,
    durations: readonly Duration[],
  ): void {
    this.#hasAnswered = true
    this.#observer.onDurations(durations)
    let failed = 0
    for (let offset = 0; offset < outputs.length; offset += 1) {
      const task = this.#tasks[this.#answered]
      this.#tasks[this.#answered] = undefined
      this.#answered += 1
      this.#first += 1
      const failure = failures?.[failed]?.[0] === offset ? failures[failed]![1] : undefined
      if (failure !== undefined) failed += 1
      if (task === undefined) continue
      const { cancellation } = task
      this.#release(task)
      if (cancellation !== undefined) task.reject(cancellation.reason, cancellation.outcome)
      else if (failure === undefined) task.fulfil(outputs[offset])
      else task.reject(nameTask(decodeError(failure), task, this.threadId), 'failed')
    }
    this.#answerChunks(outputs.length)
    this.#observer.onAnswer(this)
  }

  #answerChunks(count: number): void {
    let left = count
    while (left > 0) {
      const chunk = this.#chunks[0]!
      const answered = Math.min(chunk.left, left)
      chunk.left -= answered
      left -= answered
      if (chunk.left === 0) this.#chunks.shift()
    }
    if (this.#answered === this.#tasks.length) this.#tasks.length = 0
    else if (this.#answered > this.#tasks.length / 2) this.#tasks.splice(0, this.#answered)
    else return
    this.#answered = 0
  }

  #onProgress(item: number, value: unknown): void {
    const task = this.#tasks[this.#answered + item - this.#first]
    const onProgress = task?.call.settings.onProgress
    // What the callback throws is the user's, and must not end up in ours.
    if (onProgress !== undefined) queueMicrotask(() => onProgress(value))
  }

  #onExit(exit: ThreadExit): void {
    const unfinished: Task[] = []
    for (const task of this.tasks) {
      const { cancellation } = task
      const hasStarted = this.#states.hasStarted(task.item)
      this.#drop(task)
      if (cancellation !== undefined) task.reject(cancellation.reason, cancellation.outcome)
      else if (this.#mayGoElsewhere(task, hasStarted, exit)) unfinished.unshift(task)
    }
    const reason = ({ close: 'closed', kill: 'terminated' } as const)[this.#endedBy!] ?? 'failed'
    this.#onExited!()
    this.#observer.onExit(this, reason, exit, unfinished)
  }

  /** Whether another thread is to have it; else it is rejected. */
  #mayGoElsewhere(task: Task, hasStarted: boolean, exit: ThreadExit): boolean {
    const { idempotent, transfer } = task.call.settings
    if (hasStarted) task.deaths += 1
    const isHere = transfer.length === 0
    const isAllowed = hasStarted
      ? idempotent && task.deaths < MAX_RUNS
      : task.sendings < MAX_SENDINGS
    if (isHere && isAllowed) return true
    const fate = hasStarted ? 'ran' : isHere ? 'sent too often' : 'moved'
    const how = { ...exit, isKilled: this.#endedBy === 'kill' }
    task.reject(threadExitError(task, this.threadId, how, fate), 'thread-exit')
    return false
  }
}

function segmentsOf(tasks: readonly Task[]): Segment[] {
  const segments: Segment[] = []
  let name = ''
  let wishes = -1
  let inputs: unknown[] = []
  for (const task of tasks) {
    const { settings } = task.call
    const wanted =
      (settings.onProgress === undefined ? 0 : WANTS_PROGRESS) |
      (settings.timeout === Number.POSITIVE_INFINITY ? 0 : WANTS_START_TIME)
    if (task.name !== name || wanted !== wishes) {
      name = task.name
      wishes = wanted
      inputs = []
      segments.push([name, wishes, inputs])
    }
    inputs.push(task.input)
  }
  return segments
}

function reasonOf(reason: unknown): CancelReason {
  return isError(reason) ? ['error', encodeError(reason)] : ['value', reason]
}

function isRun({ index }: Task): boolean {
  return index === undefined
}
