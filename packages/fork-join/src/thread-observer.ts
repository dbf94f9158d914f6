/** What a thread of the pool is made with, and who is told what it does. */
import type { Duration } from './messages.ts'
import type { NestedForks } from './nested-forks.ts'
import type { PoolMetrics } from './pool-metrics.ts'
import type { PoolSettings } from './pool-options.ts'
import type { PoolThread } from './pool-thread.ts'
import type { Submission, Task } from './submission.ts'
import type { ThreadExit } from './thread-host.ts'

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
