/** What waits on a busy thread, and may be taken back for another, or for what goes before it. */
import { isWorthStealing, patience } from './chunk-size.ts'
import type { PoolMetrics } from './pool-metrics.ts'
import type { SentTasks } from './sent-tasks.ts'
import type { Submission, Task } from './submission.ts'
import { goesBefore } from './submission-queue.ts'

export class WaitingTasks {
  readonly #sent: SentTasks
  readonly #metrics: PoolMetrics
  /** When its thread has answered last, been asked last, or begun to work, by `performance.now()`. */
  #workingSince = 0
  /** When its thread was sent something last, by `performance.now()`. */
  #sentAt = 0

  constructor(sent: SentTasks, metrics: PoolMetrics) {
    this.#sent = sent
    this.#metrics = metrics
  }

  /** Its thread works on something else from now on. */
  worksFrom(now: number): void {
    this.#workingSince = now
  }

  sentAt(now: number): void {
    this.#sentAt = now
  }

  /** How many calls of `run` wait, but for one that is about to start. */
  get runCalls(): number {
    return this.#sent.waitingRunCalls
  }

  /** Whether so much waits that another thread should have a part of it. */
  get isWorthStealing(): boolean {
    return this.#sent.hasWaiting && isWorthStealing(this.#sent.duration)
  }

  /** When its thread should have answered, by `performance.now()`, if anything waits for that; else never. */
  get dueAt(): number {
    if (!this.#sent.hasWaiting) return Number.POSITIVE_INFINITY
    return this.#workingSince + patience(this.#sent.firstDuration)
  }

  /**
   * When its thread should have answered by now, all is taken back, the latest first: it waits behind
   * something that takes longer than was thought.
   */
  takeOverdue(now: number): readonly Task[] {
    if (now < this.dueAt) return []
    this.#workingSince = now
    return this.#taken(this.#sent.takeOverdue())
  }

  /** Takes back what is long and goes after `call`, the latest first. */
  takeBehind(call: Submission): readonly Task[] {
    const isKeyed = ({ settings }: Submission) => settings.key !== undefined
    return this.#taken(
      this.#sent.takeLongChunk((task) => {
        // Those of keys keep their order on the thread, whatever their priority.
        return goesBefore(call, task.call) && !(isKeyed(call) && isKeyed(task.call))
      }),
    )
  }

  /** Takes back half, the latest first, for a thread that has nothing to do. */
  steal(): readonly Task[] {
    return this.#taken(this.isWorthStealing ? this.#sent.takeHalf() : [])
  }

  #taken(tasks: readonly Task[]): readonly Task[] {
    if (tasks.length > 0) this.#metrics.stolen(this.#sentAt)
    return tasks
  }
}
