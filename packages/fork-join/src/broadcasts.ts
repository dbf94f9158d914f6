/**
 * Calls of `broadcast`: one task for each thread. Each of the threads that there are when it begins
 * has a task of its own; that of one that leaves before it has run it goes to the next newcomer.
 */
import type { PoolThread } from './pool-thread.ts'
import type { Outcome, Submission } from './submission.ts'

interface Broadcast {
  /** The tasks that wait for their thread. */
  readonly assigned: Map<PoolThread, Submission>
  /** Those whose thread is gone. */
  readonly free: Submission[]
  /** The threads that have one, or have had one. */
  readonly members: WeakSet<PoolThread>
}

export class Broadcasts {
  /** Those of which something waits. */
  readonly #waiting = new Set<Broadcast>()
  readonly #broadcastOf = new WeakMap<Submission, Broadcast>()

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** How many tasks wait. */
  get waiting(): number {
    let waiting = 0
    for (const { assigned, free } of this.#waiting) waiting += assigned.size + free.length
    return waiting
  }

  /** How many newcomers are waited for. */
  get missingThreads(): number {
    let missing = 0
    for (const { free } of this.#waiting) missing = Math.max(missing, free.length)
    return missing
  }

  has(call: Submission): boolean {
    return this.#broadcastOf.has(call)
  }

  /** @param calls What each thread is to run. */
  add(calls: ReadonlyMap<PoolThread, Submission>): void {
    const members = new WeakSet(calls.keys())
    const broadcast: Broadcast = { assigned: new Map(calls), free: [], members }
    this.#waiting.add(broadcast)
    for (const call of calls.values()) this.#broadcastOf.set(call, broadcast)
  }

  /** Whether something waits that the thread may run. */
  hasFor(thread: PoolThread): boolean {
    for (const broadcast of this.#waiting) if (mayTake(broadcast, thread)) return true
    return false
  }

  /** Takes what the thread is to run next. */
  next(thread: PoolThread): Submission | undefined {
    for (const broadcast of this.#waiting) {
      if (!mayTake(broadcast, thread)) continue
      const call = broadcast.assigned.get(thread) ?? broadcast.free.pop()
      broadcast.assigned.delete(thread)
      broadcast.members.add(thread)
      this.#forgetIfNone(broadcast)
      return call
    }
    return undefined
  }

  /** It was sent and has not run. @param isGone Whether the thread is. */
  takeBack(call: Submission, thread: PoolThread, isGone: boolean): void {
    const broadcast = this.#broadcastOf.get(call)!
    this.#waiting.add(broadcast)
    if (isGone) broadcast.free.push(call)
    else broadcast.assigned.set(thread, call)
  }

  /** It waits no more. */
  remove(call: Submission): void {
    const broadcast = this.#broadcastOf.get(call)
    if (broadcast === undefined) return
    for (const [thread, its] of broadcast.assigned) {
      if (its === call) broadcast.assigned.delete(thread)
    }
    const place = broadcast.free.indexOf(call)
    if (place !== -1) broadcast.free.splice(place, 1)
    this.#forgetIfNone(broadcast)
  }

  /** The thread takes no more tasks. */
  released(thread: PoolThread): void {
    for (const { assigned, free } of this.#waiting) {
      const call = assigned.get(thread)
      if (call === undefined) continue
      assigned.delete(thread)
      free.push(call)
    }
  }

  /** Ends all that waits. */
  fail(error: Error, outcome: Outcome): void {
    const all = [...this.#waiting].flatMap(({ assigned, free }) => [...assigned.values(), ...free])
    for (const call of all) {
      this.remove(call)
      call.fail(error, outcome)
    }
  }

  #forgetIfNone(broadcast: Broadcast): void {
    if (broadcast.assigned.size === 0 && broadcast.free.length === 0) {
      this.#waiting.delete(broadcast)
    }
  }
}

function mayTake({ assigned, free, members }: Broadcast, thread: PoolThread): boolean {
  return assigned.has(thread) || (free.length > 0 && !members.has(thread))
}
