/** Brings what waits in the queue to the threads that are free, in chunks of a size that pays. */
import { AcceptedWork } from './accepted-work.ts'
import { BoundCalls, failAll } from './bound-calls.ts'
import { type Chunk, TaskChunk } from './chunk.ts'
import { ChunkFiller } from './chunk-filler.ts'
import { chunkSize, mostInFlight, TaskCosts } from './chunk-size.ts'
import type { Duration } from './messages.ts'
import { NestedForks } from './nested-forks.ts'
import { PoolMetrics } from './pool-metrics.ts'
import type { PoolSettings } from './pool-options.ts'
import type { PoolThread } from './pool-thread.ts'
import { Rebalancing, type RebalancingHost } from './rebalancing.ts'
import type { Cancellation, Outcome, Submission, Task } from './submission.ts'
import { SubmissionQueue } from './submission-queue.ts'
import { type CrewObserver, ThreadCrew } from './thread-crew.ts'

export class Dispatcher implements CrewObserver, RebalancingHost {
  readonly work = new AcceptedWork()
  readonly metrics: PoolMetrics
  readonly #module: string
  readonly #settings: PoolSettings
  readonly #queue = new SubmissionQueue<Submission>()
  readonly #bound = new BoundCalls(this.#queue)
  readonly #crew: ThreadCrew
  readonly #costs = new TaskCosts()
  readonly #chunks: ChunkFiller
  readonly #rebalancing: Rebalancing
  /** For how many calls there was room when that was counted last, less those that have come since. */
  #roomInQueue = 0
  #isPumping = false
  #isPumpScheduled = false

  constructor(module: string, settings: PoolSettings) {
    this.#module = module
    this.#settings = settings
    this.metrics = new PoolMetrics(settings.metrics)
    const forks = new NestedForks(this)
    this.#crew = new ThreadCrew({ module, pool: settings, metrics: this.metrics, forks }, this)
    this.#chunks = new ChunkFiller(this.#costs, settings.maxThreads)
    this.#rebalancing = new Rebalancing(this.#crew, this)
    this.#crew.start(settings.minThreads)
  }

  /**
   * Whether one call more keeps those that wait within `limit`; what a free thread starts at once
   * does not wait. Whoever asks and is told yes submits; what comes without asking sets `#roomInQueue` to 0.
   */
  hasRoom(limit: number): boolean {
    if (limit === Number.POSITIVE_INFINITY) return true
    // Counted anew only when that may have changed: what waits on threads takes long to count.
    if (this.#roomInQueue <= 0) this.#roomInQueue = limit - this.#countWaiting()
    this.#roomInQueue -= 1
    return this.#roomInQueue >= 0
  }

  #countWaiting(): number {
    let waiting = this.#queue.size + this.#bound.waiting
    let free = this.#settings.maxThreads
    for (const thread of this.#crew.threads) {
      if (thread.isIdle) continue
      free -= 1
      waiting += thread.waiting.runCalls
    }
    return waiting - free
  }

  /** Whether it is in the middle of giving threads work: inputs are read, and messages made. */
  get isFeeding(): boolean {
    return this.#isPumping
  }

  /** What to do about a timeout while no thread is there, whatever was submitted. */
  get openingAdvice(): string | undefined {
    if (this.#crew.isAnyOpen) return undefined
    return `No thread is ready: each still loads ${this.#module}, or is in its \`setup\`. See what that waits for.`
  }

  get hasQueued(): boolean {
    return this.#queue.first !== undefined
  }

  nextFor(thread: PoolThread): Submission | undefined {
    return this.#bound.queueFor(thread).first
  }

  /** Queues a call that was accepted, or that has inputs again. */
  submit(call: Submission): void {
    if (this.#queue.has(call)) return
    this.#enqueue(call)
    this.#rebalancing.makeWay()
    // With a thread at hand it goes at once; else those of one tick go together.
    if (this.#crew.idle.hasAny) this.pump()
    else this.#schedulePump()
  }

  /**
   * Has a call run by each thread that there may be.
   * @param newCall Makes one of these calls, which were accepted.
   */
  broadcast(newCall: () => Submission): void {
    this.#roomInQueue = 0
    this.#crew.startAll()
    const threads = [...this.#crew.threads]
    this.#bound.broadcasts.add(new Map(threads.map((thread) => [thread, newCall()])))
    this.#schedulePump()
  }

  /** The call never starts, unless it has. */
  remove(call: Submission): void {
    if (this.#bound.isBound(call)) {
      this.#bound.remove(call)
      this.#schedulePump()
    } else {
      this.#queue.remove(call)
    }
  }

  settled(call: Submission): void {
    if (call.settings.key !== undefined) {
      this.#bound.keyed.settled(call)
      this.#schedulePump() // for the next of its key, which it may have kept waiting
    }
    this.work.done()
  }

  /** Stops all tasks of a call that have been sent, and takes it out of the queue. */
  stopAll(call: Submission, cancellation: Cancellation): void {
    this.remove(call)
    for (const thread of this.#crew.alive) {
      for (const task of thread.tasks) {
        if (task.call === call) thread.stop(task, cancellation)
      }
    }
  }

  /** Starts all threads that there may be. Rejects with why one cannot start. */
  async warmUp(): Promise<void> {
    await this.#crew.warmUp()
  }

  /** How many inputs of a call, of which so many remain, are worth a message. */
  chunkSize(name: string, remaining: number): number {
    return chunkSize(remaining, this.#settings.maxThreads, this.#costs.of(name))
  }

  /** How many inputs of a call are on their way when no thread has to wait for one. */
  mostInFlight(name: string, chunkSize?: number): number {
    return mostInFlight(this.#costs.of(name), this.#settings.maxThreads, chunkSize)
  }

  /** Ends the threads, which have nothing to do, and waits until they are gone. */
  async close(): Promise<void> {
    await this.#crew.close()
  }

  /** Rejects everything that is queued or on a thread, and waits until the threads are gone. */
  async destroy(error: Error): Promise<void> {
    this.#rebalancing.stop()
    this.#failQueued(error, 'closed')
    await this.#crew.destroy(error)
  }

  onReady(): void {
    this.#schedulePump() // later than what else there is to do when it follows one that is gone
  }

  onAnswer(): void {
    this.pump()
  }

  onForked(calls: readonly Submission[]): void {
    this.#roomInQueue = 0
    // The first is the first to go, before those that were forked earlier; those of a key in order.
    for (const call of calls.toReversed()) if (call.settings.key === undefined) this.#enqueue(call)
    for (const call of calls) if (call.settings.key !== undefined) this.#enqueue(call)
    this.#rebalancing.makeWay()
    if (this.#crew.idle.hasAny) this.pump()
    else this.#schedulePump()
  }

  onCannotStart(error: Error, isNoneLeft: boolean): void {
    if (isNoneLeft) this.#failQueued(error, 'failed')
    else this.#bound.broadcasts.fail(error, 'failed')
  }

  onLeft(thread: PoolThread): void {
    this.#bound.released(thread)
  }

  onGone(thread: PoolThread, unfinished: readonly Task[]): void {
    this.#roomInQueue = 0
    this.requeue(thread, unfinished)
    this.pump()
  }

  onRan(durations: readonly Duration[]): void {
    for (const [name, count, duration] of durations) this.#costs.recordRun(name, count, duration)
  }

  onSent([name, count, duration]: Duration): void {
    this.#costs.recordSend(name, count, duration)
  }

  #enqueue(call: Submission): void {
    this.#rebalancing.queued(call)
    const { key, isFork } = call.settings
    if (key !== undefined) this.#bound.keyed.push(call)
    else if (isFork) this.#queue.unshift(call)
    else this.#queue.push(call)
  }

  #failQueued(error: Error, outcome: Outcome): void {
    failAll(this.#queue, error, outcome)
    this.#bound.fail(error, outcome)
  }

  /** @param tasks The latest first, so that they are in order again. */
  requeue(thread: PoolThread, tasks: readonly Task[]): void {
    for (const task of tasks) {
      const { call } = task
      call.takeBack(task)
      if (this.#queue.has(call) || call.remaining === 0) continue
      if (this.#bound.isBound(call)) {
        this.#bound.takeBack(call, thread, !this.#crew.threads.has(thread))
      } else {
        this.#queue.unshift(call)
      }
    }
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled) return
    this.#isPumpScheduled = true
    queueMicrotask(() => {
      this.#isPumpScheduled = false
      this.pump()
    })
  }

  /** Gives threads work until there is none, or no thread wants any. */
  pump(): void {
    if (this.#queue.first === undefined && this.#bound.isEmpty) {
      this.#rebalancing.relieve()
      return
    }
    // An iterable may submit to this pool while it is asked for its next input.
    if (this.#isPumping) {
      this.#schedulePump()
      return
    }
    this.#rebalancing.makeWay()
    this.#isPumping = true
    try {
      this.#feedThreads()
    } finally {
      this.#isPumping = false
    }
  }

  #feedThreads(): void {
    if (!this.#bound.isEmpty) this.#feedBound()
    while (this.#queue.first !== undefined) {
      const thread = this.#crew.idle.takeAny()
      if (thread === undefined) break
      this.#feed(thread)
      if (thread.isIdle) this.#crew.idle.giveBack(thread)
    }
    for (const thread of this.#crew.threads) {
      while (thread.wantsMore && this.#feed(thread));
    }
    if (this.#queue.first !== undefined) this.#crew.start(this.#threadsWanted)
    else this.#rebalancing.relieve()
    this.#crew.start(this.#bound.broadcasts.missingThreads)
  }

  /** Gives idle threads what waits for them alone. */
  #feedBound(): void {
    for (const thread of this.#crew.threads) {
      if (!this.#bound.hasFor(thread) || !this.#crew.idle.take(thread)) continue
      this.#feed(thread)
      if (thread.isIdle) this.#crew.idle.giveBack(thread)
    }
  }

  get #threadsWanted(): number {
    const { size, first } = this.#queue
    return Math.min(this.#settings.maxThreads, Math.max(size, first?.remaining ?? 0))
  }

  /** @returns Whether there was something to send. */
  #feed(thread: PoolThread): boolean {
    const chunk = this.#nextChunk(thread)
    if (chunk === undefined) return false
    this.#roomInQueue = 0
    thread.send(chunk, this.#crew.hasSpareCore)
    this.#rebalancing.watch(thread)
    return true
  }

  #nextChunk(thread: PoolThread): Chunk | undefined {
    const isBehind = !thread.isIdle
    const task = this.#bound.broadcasts.next(thread)?.peek()
    if (task !== undefined) return new TaskChunk([task], this.#costs.of(task.name))
    const queue = this.#bound.isEmpty ? this.#queue : this.#bound.queueFor(thread)
    const chunk = this.#chunks.next(queue, isBehind, thread.tasksLeft)
    if (this.#bound.isEmpty) return chunk // asked again: reading inputs may have submitted
    for (const call of chunk?.calls ?? []) {
      if (call.settings.key !== undefined) this.#bound.keyed.sent(call, thread)
    }
    return chunk
  }
}
