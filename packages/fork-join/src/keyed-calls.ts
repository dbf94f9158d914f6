/**
 * Which thread has which key. The first call of a key waits in the pool's queue for any thread, and
 * the others of its key wait for it. The thread that it is sent to has the key from then on: all of
 * them wait in a queue of that thread's own, so they start in the order of their submission, and what
 * waits for a busy thread is in nobody else's way. When the thread is gone, the key is free again.
 */
import type { TaskKey } from './call-options.ts'
import type { PoolThread } from './pool-thread.ts'
import type { Submission } from './submission.ts'
import { SubmissionQueue } from './submission-queue.ts'

/** Of so many keys that have no calls, the thread is remembered: those that were used last. */
const MAX_REMEMBERED = 10_000

/** A key that has calls. */
interface KeyInUse {
  /** Those that have not settled. */
  readonly calls: Set<Submission>
  thread: PoolThread | undefined
  /** Whether a task of it has ended there; until then it may still go elsewhere. */
  hasRun: boolean
  /** While it has no thread: the call that waits for any, and those that wait for that. */
  first: Submission | undefined
  readonly behind: SubmissionQueue<Submission>
}

export class KeyedCalls {
  readonly #poolQueue: SubmissionQueue<Submission>
  readonly #keys = new Map<TaskKey, KeyInUse>()
  /** The threads of keys without calls, the longest unused first. */
  readonly #remembered = new Map<TaskKey, PoolThread>()
  readonly #threadQueues = new Map<PoolThread, SubmissionQueue<Submission>>()
  /** How many wait for the first of their key. */
  #behind = 0

  constructor(poolQueue: SubmissionQueue<Submission>) {
    this.#poolQueue = poolQueue
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0
  }

  /** How many calls wait outside of the pool's queue. */
  get waiting(): number {
    let waiting = this.#behind
    for (const { size } of this.#threadQueues.values()) waiting += size
    return waiting
  }

  /** What waits for that thread. */
  queueOf(thread: PoolThread): SubmissionQueue<Submission> | undefined {
    return this.#threadQueues.get(thread)
  }

  get threadQueues(): Iterable<SubmissionQueue<Submission>> {
    return this.#threadQueues.values()
  }

  /** A call that was accepted, or that has inputs again. */
  push(call: Submission): void {
    const key = this.#use(call)
    key.calls.add(call)
    if (key.thread !== undefined) {
      this.#queueFor(key.thread).push(call)
    } else if (key.first === undefined || key.first === call) {
      key.first = call
      this.#poolQueue.push(call)
    } else {
      key.behind.push(call)
      this.#behind += 1
    }
  }

  /** A task of it that had been sent is there again, and is the first to go. */
  unshift(call: Submission, thread: PoolThread): void {
    const key = this.#use(call)
    const isStillThere = () => thread.tasks.some((task) => task.call.settings.key === keyOf(call))
    if (key.thread !== undefined && (key.hasRun || isStillThere())) {
      this.#queueFor(key.thread).unshift(call)
      return
    }
    this.#unbind(key)
    if (key.first !== undefined) {
      this.#poolQueue.remove(key.first)
      key.behind.unshift(key.first)
      this.#behind += 1
    }
    key.first = call
    this.#poolQueue.unshift(call)
  }

  /** The call waits no more. */
  remove(call: Submission): void {
    const key = this.#keys.get(keyOf(call))
    if (key === undefined) return
    if (key.thread !== undefined) {
      this.#queueFor(key.thread).remove(call)
    } else if (key.first === call) {
      this.#poolQueue.remove(call)
      this.#advance(key)
    } else if (this.#poolQueue.has(call)) {
      key.behind.remove(call)
      this.#behind -= 1
    }
  }

  /** A task of the call was sent to the thread, which has its key from now on. */
  sent(call: Submission, thread: PoolThread): void {
    const key = this.#use(call)
    if (key.thread === thread) return
    key.thread = thread
    key.first = undefined
    const queue = this.#queueFor(thread)
    if (this.#poolQueue.has(call)) {
      this.#poolQueue.remove(call)
      queue.push(call)
    }
    for (const next of key.behind) {
      key.behind.remove(next)
      this.#behind -= 1
      queue.push(next)
    }
  }

  settled(call: Submission): void {
    const name = keyOf(call)
    const key = this.#keys.get(name)
    if (key === undefined) return
    key.calls.delete(call)
    if (key.first === call) this.#advance(key)
    if (key.thread !== undefined) key.hasRun = true
    if (key.calls.size > 0) return
    this.#keys.delete(name)
    if (key.thread !== undefined) this.#remember(name, key.thread)
  }

  /** The thread takes no more tasks: its keys are free. */
  released(thread: PoolThread): void {
    for (const [name, last] of this.#remembered) {
      if (last === thread) this.#remembered.delete(name)
    }
    for (const key of this.#keys.values()) if (key.thread === thread) this.#unbind(key)
    this.#threadQueues.delete(thread)
  }

  #use(call: Submission): KeyInUse {
    const name = keyOf(call)
    const found = this.#keys.get(name)
    if (found !== undefined) return found
    const thread = this.#remembered.get(name)
    this.#remembered.delete(name)
    const key: KeyInUse = {
      calls: new Set(),
      thread,
      hasRun: thread !== undefined,
      first: undefined,
      behind: new SubmissionQueue({ byPriority: false }),
    }
    this.#keys.set(name, key)
    return key
  }

  /** Lets the next call of the key wait for any thread. */
  #advance(key: KeyInUse): void {
    const next = key.behind.first
    key.first = next
    if (next === undefined) return
    key.behind.remove(next)
    this.#behind -= 1
    this.#poolQueue.push(next)
  }

  /** Takes the key from its thread, and what waits there back. */
  #unbind(key: KeyInUse): void {
    const { thread } = key
    if (thread === undefined) return
    key.thread = undefined
    key.hasRun = false
    const queue = this.#queueFor(thread)
    for (const call of queue) {
      if (!key.calls.has(call)) continue
      queue.remove(call)
      this.push(call)
    }
  }

  #queueFor(thread: PoolThread): SubmissionQueue<Submission> {
    const found = this.#threadQueues.get(thread)
    if (found !== undefined) return found
    const queue = new SubmissionQueue<Submission>({ byPriority: false })
    this.#threadQueues.set(thread, queue)
    return queue
  }

  #remember(name: TaskKey, thread: PoolThread): void {
    this.#remembered.set(name, thread)
    if (this.#remembered.size <= MAX_REMEMBERED) return
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest)
      return
    }
  }
}

function keyOf(call: Submission): TaskKey {
  return call.settings.key!
}
