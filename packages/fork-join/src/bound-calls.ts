/** Calls that cannot go to any thread: those that have a key, and the tasks of broadcasts. */
import { Broadcasts } from './broadcasts.ts'
import { KeyedCalls } from './keyed-calls.ts'
import type { PoolThread } from './pool-thread.ts'
import type { Outcome, Submission } from './submission.ts'
import { goesBefore, type SubmissionQueue } from './submission-queue.ts'

export class BoundCalls {
  readonly keyed: KeyedCalls
  readonly broadcasts = new Broadcasts()
  readonly #poolQueue: SubmissionQueue<Submission>

  constructor(poolQueue: SubmissionQueue<Submission>) {
    this.#poolQueue = poolQueue
    this.keyed = new KeyedCalls(poolQueue)
  }

  /** Nearly always. */
  get isEmpty(): boolean {
    return this.keyed.isEmpty && this.broadcasts.isEmpty
  }

  /** How many wait outside of the pool's queue. */
  get waiting(): number {
    return this.keyed.waiting + this.broadcasts.waiting
  }

  isBound(call: Submission): boolean {
    return call.settings.key !== undefined || this.broadcasts.has(call)
  }

  /** Whether something waits for that thread alone. */
  hasFor(thread: PoolThread): boolean {
    return this.broadcasts.hasFor(thread) || this.keyed.queueOf(thread)?.first !== undefined
  }

  /** The queue whose turn it is on that thread: its own, or the pool's. */
  queueFor(thread: PoolThread): SubmissionQueue<Submission> {
    const own = this.keyed.queueOf(thread)
    const first = own?.first
    if (own === undefined || first === undefined) return this.#poolQueue
    const other = this.#poolQueue.first
    return other !== undefined && goesBefore(other, first) ? this.#poolQueue : own
  }

  /** The call waits no more. */
  remove(call: Submission): void {
    if (this.broadcasts.has(call)) this.broadcasts.remove(call)
    else this.keyed.remove(call)
  }

  /** A task of it that had been sent is there again. @param isGone Whether its thread is. */
  takeBack(call: Submission, thread: PoolThread, isGone: boolean): void {
    if (this.broadcasts.has(call)) this.broadcasts.takeBack(call, thread, isGone)
    else this.keyed.unshift(call, thread)
  }

  /** The thread takes no more tasks. */
  released(thread: PoolThread): void {
    this.keyed.released(thread)
    this.broadcasts.released(thread)
  }

  /** Ends all that waits outside of the pool's queue. */
  fail(error: Error, outcome: Outcome): void {
    this.broadcasts.fail(error, outcome)
    for (const queue of this.keyed.threadQueues) failAll(queue, error, outcome)
  }
}

/** Ends all that waits in the queue, and what that lets into it: the next call of a key. */
export function failAll(queue: SubmissionQueue<Submission>, error: Error, outcome: Outcome): void {
  for (let call = queue.first; call !== undefined; call = queue.first) {
    queue.remove(call)
    call.fail(error, outcome)
  }
}
