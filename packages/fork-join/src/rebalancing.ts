/** Takes back what waits on busy threads, for those that have nothing to do, or when it waits too long. */
import type { PoolThread } from './pool-thread.ts'
import type { Task } from './submission.ts'
import type { ThreadCrew } from './thread-crew.ts'

/** Threads are asked so often whether they get on, in milliseconds. */
const OVERRUN_CHECK = 4

/** Who had sent it. */
export interface RebalancingHost {
  readonly hasQueued: boolean
  /** @param tasks The latest first. */
  requeue(thread: PoolThread, tasks: readonly Task[]): void
  /** Gives threads what is queued; when nothing is, it may call `relieve`. */
  pump(): void
}

export class Rebalancing {
  readonly #crew: ThreadCrew
  readonly #host: RebalancingHost
  #isStealScheduled = false
  #overrunTimer: NodeJS.Timeout | undefined

  constructor(crew: ThreadCrew, host: RebalancingHost) {
    this.#crew = crew
    this.#host = host
  }

  /**
   * When something waits on a busy thread, an idle one has half of it in the next turn: whoever awaits
   * what has just ended may submit more till then. If none is idle, one more starts, if it may.
   */
  relieve(): void {
    if (this.#isStealScheduled || !this.#isAnyWorthStealing) return
    if (!this.#crew.hasIdle) {
      this.#crew.start(1)
      return
    }
    this.#isStealScheduled = true
    setImmediate(() => {
      this.#isStealScheduled = false
      this.#steal()
    })
  }

  /** Watches for tasks that wait on a thread behind one that takes longer than was thought. */
  watchOverruns(): void {
    // Only after messages that have come already, which a busy parent has not seen yet.
    const check = () => setImmediate(() => this.#takeOverdue())
    this.#overrunTimer ??= setInterval(check, OVERRUN_CHECK).unref()
  }

  stop(): void {
    clearInterval(this.#overrunTimer)
    this.#overrunTimer = undefined
  }

  get #isAnyWaiting(): boolean {
    for (const thread of this.#crew.threads) if (thread.hasWaiting) return true
    return false
  }

  get #isAnyWorthStealing(): boolean {
    for (const thread of this.#crew.threads) if (thread.isWorthStealingFrom) return true
    return false
  }

  /** Gives an idle thread half of what waits on a busy one. */
  #steal(): void {
    if (this.#host.hasQueued || !this.#crew.hasIdle) return
    for (const thread of this.#crew.threads) {
      this.#host.requeue(thread, thread.steal())
      if (!this.#host.hasQueued) continue
      this.#host.pump() // which comes back here for the next idle thread
      return
    }
  }

  #takeOverdue(): void {
    for (const thread of this.#crew.threads) this.#host.requeue(thread, thread.takeOverdue())
    if (!this.#isAnyWaiting) this.stop()
    this.#host.pump()
  }
}
