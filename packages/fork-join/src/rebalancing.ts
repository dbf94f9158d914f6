/**
 * Takes back what waits on busy threads: for those that have nothing to do, for what goes before it,
 * or when it waits too long.
 */
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { outsideOfCalls } from './outside-of-calls.ts'
import type { PoolThread } from './pool-thread.ts'
import type { Submission, Task } from './submission.ts'
import type { ThreadCrew } from './thread-crew.ts'

/** Who had sent it. */
export interface RebalancingHost {
  readonly hasQueued: boolean
  /** Whether it is reading inputs, and what came back might be theirs. */
  readonly isFeeding: boolean
  /** What is queued and may go to that thread next. */
  nextFor(thread: PoolThread): Submission | undefined
  /** @param tasks The latest first. */
  requeue(thread: PoolThread, tasks: readonly Task[]): void
  /** Gives threads what is queued; when nothing is, it may call `relieve`. */
  pump(): void
}

export class Rebalancing {
  readonly #crew: ThreadCrew
  readonly #host: RebalancingHost
  /** Of all calls so far. */
  #lowestPriority = Number.POSITIVE_INFINITY
  #highestPriority = Number.NEGATIVE_INFINITY
  #isStealScheduled = false
  #overrunTimer: NodeJS.Timeout | undefined
  /** When that is up, by `performance.now()`. */
  #checkAt = Number.POSITIVE_INFINITY

  constructor(crew: ThreadCrew, host: RebalancingHost) {
    this.#crew = crew
    this.#host = host
  }

  /** Notes a call that is about to be queued. */
  queued({ priority }: Submission): void {
    this.#lowestPriority = Math.min(this.#lowestPriority, priority)
    this.#highestPriority = Math.max(this.#highestPriority, priority)
  }

  /** What waits on threads, takes long, and goes after what is queued, waits there instead. */
  makeWay(): void {
    if (this.#lowestPriority >= this.#highestPriority || this.#host.isFeeding) return
    for (const thread of this.#crew.threads) {
      const next = this.#host.nextFor(thread)
      if (next === undefined || next.priority <= this.#lowestPriority) continue
      this.#host.requeue(thread, thread.waiting.takeBehind(next))
    }
  }

  /**
   * When something waits on a busy thread, an idle one has half of it in the next turn: whoever awaits
   * what has just ended may submit more till then. If none is idle, one more starts, if it may.
   */
  relieve(): void {
    if (this.#isStealScheduled || !this.#isAnyWorthStealing) return
    if (!this.#crew.idle.hasAny) {
      this.#crew.start(1)
      return
    }
    this.#isStealScheduled = true
    setImmediate(() => {
      this.#isStealScheduled = false
      this.#steal()
    })
  }

  /** Sees to it that what waits on a thread is taken back if the thread does not answer in time. */
  watch({ waiting: { dueAt } }: PoolThread): void {
    if (dueAt >= this.#checkAt) return
    this.stop()
    this.#checkAt = dueAt
    // Only after messages that have come already, which a busy parent has not seen yet.
    const check = () => setImmediate(() => this.#takeOverdue())
    const wait = Math.max(1, Math.ceil(dueAt - performance.now())) // Node warns of less
    this.#overrunTimer = outsideOfCalls(() => setTimeout(check, wait).unref())
  }

  stop(): void {
    clearTimeout(this.#overrunTimer)
    this.#checkAt = Number.POSITIVE_INFINITY
  }

  get #isAnyWorthStealing(): boolean {
    for (const thread of this.#crew.threads) if (thread.waiting.isWorthStealing) return true
    return false
  }

  /** Gives an idle thread half of what waits on a busy one. */
  #steal(): void {
    if (this.#host.hasQueued || !this.#crew.idle.hasAny) return
    for (const thread of this.#crew.threads) {
      this.#host.requeue(thread, thread.waiting.steal())
      if (!this.#host.hasQueued) continue
      this.#host.pump() // which comes back here for the next idle thread
      return
    }
  }

  #takeOverdue(): void {
    this.stop()
    const now = performance.now()
    for (const thread of this.#crew.threads)
      this.#host.requeue(thread, thread.waiting.takeOverdue(now))
    for (const thread of this.#crew.threads) this.watch(thread)
    this.#host.pump()
  }
}
