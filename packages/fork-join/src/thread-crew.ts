/** The threads of a pool: how many there are, which are idle, what follows when they cannot start. */
import { availableParallelism } from 'node:os'
import { TaskModuleError, ThreadExitError } from '@threeply/task'
import { type IdleObserver, IdleThreads } from './idle-threads.ts'
import type { Duration } from './messages.ts'
import { outsideOfCalls } from './outside-of-calls.ts'
import type { PoolSettings } from './pool-options.ts'
import { PoolThread, type ThreadObserver, type ThreadSettings } from './pool-thread.ts'
import type { Submission, Task } from './submission.ts'
import type { ThreadExit } from './thread-host.ts'

const CORES = availableParallelism()

/** While other threads work, so many attempts in a row to start one more may fail. */
const MAX_FAILED_STARTS = 3

/** For its last tasks, this share of all that it may take, a thread has its successor beside it. */
const LAST_SHARE = 0.1

/** So many times the threads that may work are in their teardown at most, which may take long. */
const MAX_TEARDOWNS = 4

/** Who gives the threads their work. */
export interface CrewObserver
  extends Pick<ThreadObserver, 'onAnswer' | 'onRan' | 'onSent' | 'onForked'> {
  /** A thread is there to take work. */
  onReady(): void
  /** A thread cannot start. @param isNoneLeft Whether there is no other. */
  onCannotStart(error: Error, isNoneLeft: boolean): void
  /** A thread takes no more tasks; it may still have some. */
  onLeft(thread: PoolThread): void
  /** A thread is gone; `unfinished` is what others are to do, the latest first. */
  onGone(thread: PoolThread, unfinished: readonly Task[]): void
}

interface WarmUp {
  resolve(): void
  reject(error: Error): void
}

export class ThreadCrew implements ThreadObserver, IdleObserver {
  readonly #threadSettings: ThreadSettings
  readonly #settings: PoolSettings
  readonly #observer: CrewObserver
  /** Those that have not exited, and of them those that have work to do, or may get some. */
  readonly #alive = new Set<PoolThread>()
  readonly #threads = new Set<PoolThread>()
  readonly idle: IdleThreads
  /** By the thread that each is to take the place of; until then they get no work. */
  readonly #successors = new Map<PoolThread, PoolThread>()
  /** Those who wait until all that start are open. */
  #warmUps: WarmUp[] = []
  #starting = 0
  #failedStarts = 0
  #isEnding = false

  constructor(threadSettings: ThreadSettings, observer: CrewObserver) {
    this.#threadSettings = threadSettings
    this.#settings = threadSettings.pool
    this.#observer = observer
    this.idle = new IdleThreads(this.#settings.idleTimeout, this)
  }

  get threads(): ReadonlySet<PoolThread> {
    return this.#threads
  }

  /** All that have not exited, those included that take no more. */
  get alive(): ReadonlySet<PoolThread> {
    return this.#alive
  }

  /** Whether one takes tasks, or did. */
  get isAnyOpen(): boolean {
    for (const thread of this.#alive) if (thread.isOpen) return true
    return false
  }

  /** Whether there is a core for each thread that is not idle, and one for the parent. */
  get hasSpareCore(): boolean {
    return this.#threads.size - this.idle.count < CORES
  }

  /** Starts threads until there are `count` that start, as far as there may be more. */
  start(count: number): void {
    const mayFail = this.#threads.size > this.#starting ? MAX_FAILED_STARTS : 1
    while (
      !this.#isEnding &&
      this.#starting < count &&
      this.#threads.size < this.#settings.maxThreads &&
      (this.#failedStarts < mayFail || this.#threads.size === 0)
    ) {
      this.#starting += 1
      this.#threads.add(this.#newThread())
    }
  }

  /** Starts all threads that there may be, whatever has kept them from it before. */
  startAll(): void {
    this.#failedStarts = 0
    this.start(this.#settings.maxThreads)
  }

  /** Starts them, and fulfils when they are open; rejects with why one is not. */
  warmUp(): Promise<void> {
    this.startAll()
    if (this.#starting === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#warmUps.push({ resolve, reject })
    })
  }

  #newThread(): PoolThread {
    const thread = outsideOfCalls(() => new PoolThread(this.#threadSettings, this))
    this.#alive.add(thread)
    return thread
  }

  /** Ends all threads, which have nothing to do, and waits until they are gone. */
  async close(): Promise<void> {
    await this.#end((thread) => thread.close())
  }

  /** Ends all threads at once, rejects what they have, and waits until they are gone. */
  async destroy(error: Error): Promise<void> {
    this.#failWarmUps(error)
    await this.#end((thread) => thread.destroy(error))
  }

  async #end(end: (thread: PoolThread) => void): Promise<void> {
    this.#isEnding = true
    this.idle.end()
    const threads = [...this.#alive]
    for (const thread of threads) end(thread)
    await Promise.all(threads.map(({ exited }) => exited))
  }

  onOpen(thread: PoolThread, failure: Error | undefined): void {
    if (failure === undefined) {
      this.#failedStarts = 0
      if (this.#threads.has(thread)) this.#onStarted(thread)
      return
    }
    const wasStarting = this.#leave(thread)
    this.#forgetSuccessor(thread)
    thread.close()
    if (wasStarting) this.#onFailedStart(failure)
  }

  onAnswer(thread: PoolThread): void {
    if (!thread.isEnding) this.#recycle(thread)
    const takesMore = !thread.isEnding && this.#threads.has(thread)
    if (takesMore && thread.isIdle) this.idle.giveBack(thread)
    this.#observer.onAnswer(thread)
  }

  /** Has a thread that must not take more replaced, without a moment in which there is none. */
  #recycle(thread: PoolThread): void {
    thread.goesOn &&= !this.#mayRetire(thread)
    const { tasksLeft } = thread
    const { tasks } = this.#settings.recycleAfter
    if (tasksLeft === Number.POSITIVE_INFINITY) return
    if (tasksLeft > 0 && tasksLeft > LAST_SHARE * tasks) return
    if (!this.#successors.has(thread)) this.#successors.set(thread, this.#newThread())
    if (tasksLeft > 0 || !thread.isIdle) return
    if (!this.#mayRetire(thread)) {
      thread.goesOn = true
      return
    }
    this.#leave(thread)
    thread.retire()
    this.#succeed(thread)
  }

  /** Those that have retired live for what waits on them, or for their teardown; there is a bound to both. */
  #mayRetire(thread: PoolThread): boolean {
    const retired = this.#alive.size - this.#threads.size - this.#successors.size
    return retired < this.#settings.maxThreads * (thread.isVacant ? MAX_TEARDOWNS : 1)
  }

  #recycleThoseThatWentOn(): void {
    for (const thread of [...this.#threads]) {
      if (thread.goesOn && !thread.isEnding && !this.#isEnding) this.#recycle(thread)
    }
  }

  onVacant(thread: PoolThread): void {
    this.#recycle(thread)
  }

  /** @returns Whether the thread was one of those that take tasks. */
  #leave(thread: PoolThread): boolean {
    this.idle.take(thread)
    if (!this.#threads.delete(thread)) return false
    this.#observer.onLeft(thread)
    return true
  }

  /** @param thread One that has left. */
  #succeed(thread: PoolThread): void {
    const successor = this.#successors.get(thread)
    if (successor === undefined) return
    this.#successors.delete(thread)
    this.#threads.add(successor)
    this.#starting += 1
    if (successor.isOpen) this.#onStarted(successor)
  }

  /** @param thread One that will not be of use. */
  #forgetSuccessor(thread: PoolThread): void {
    for (const [old, successor] of this.#successors) {
      if (successor === thread) this.#successors.delete(old)
    }
  }

  #onStarted(thread: PoolThread): void {
    this.#starting -= 1
    this.idle.giveBack(thread)
    if (this.#starting === 0) for (const { resolve } of this.#warmUps.splice(0)) resolve()
    this.#observer.onReady()
  }

  onRan(durations: readonly Duration[]): void {
    this.#observer.onRan(durations)
  }

  onForked(calls: readonly Submission[]): void {
    this.#observer.onForked(calls)
  }

  onSent(duration: Duration): void {
    this.#observer.onSent(duration)
  }

  onExit(thread: PoolThread, exit: ThreadExit, unfinished: readonly Task[]): void {
    this.#alive.delete(thread)
    const wasStarting = this.#leave(thread) && !thread.isOpen
    this.#forgetSuccessor(thread)
    this.#succeed(thread)
    this.#recycleThoseThatWentOn()
    if (wasStarting) this.#onFailedStart(exitWhileLoading(this.#threadSettings.module, exit))
    // One that never worked is not replaced before there is work, or a broken module would spin.
    if (thread.hasWorked) {
      this.start(this.#starting + this.#settings.minThreads - this.#threads.size)
    }
    this.#observer.onGone(thread, unfinished)
  }

  get hasMoreThanMin(): boolean {
    return this.#threads.size > this.#settings.minThreads
  }

  isNeeded(thread: PoolThread): boolean {
    return !thread.isVacant || !this.#mayRetire(thread)
  }

  onIdleTimeout(thread: PoolThread): void {
    this.#leave(thread)
    thread.close()
    this.#successors.get(thread)?.close() // which nobody needs either
    this.#successors.delete(thread)
  }

  #onFailedStart(error: Error): void {
    this.#starting -= 1
    this.#failedStarts += 1
    this.#failWarmUps(error)
    const isNoneLeft = this.#threads.size === 0
    if (isNoneLeft) this.#failedStarts = 0
    this.#observer.onCannotStart(error, isNoneLeft)
  }

  #failWarmUps(error: Error): void {
    for (const { reject } of this.#warmUps.splice(0)) reject(error)
  }
}

function exitWhileLoading(module: string, { exitCode, cause }: ThreadExit): Error {
  const message =
    `the task module ${module} cannot be loaded: its thread exited with code ${exitCode} meanwhile, or in its setup. ` +
    'It must load on a thread of its own and let that live.'
  const exit = () => new ThreadExitError(`the thread exited with code ${exitCode}.`, { exitCode })
  return new TaskModuleError(message, { cause: cause ?? exit() })
}
