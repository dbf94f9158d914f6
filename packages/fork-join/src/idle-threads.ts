/** The threads of a pool that are open and have nothing to do. */
import { clearTimeout, setTimeout } from 'node:timers'
import { LONGEST_TIMER } from '@threeply/task/runner'
import { outsideOfCalls } from './outside-of-calls.ts'
import type { PoolThread } from './pool-thread.ts'

/** Who has the threads. */
export interface IdleObserver {
  /** Whether there are more threads than are kept when there is nothing to do. */
  readonly hasMoreThanMin: boolean
  /** Whether a thread is not to end: tasks on it wait for children, or too many are ending. */
  isNeeded(thread: PoolThread): boolean
  /** A thread, which is not idle any more then, has been so for `idleTimeout`. */
  onIdleTimeout(thread: PoolThread): void
}

export class IdleThreads {
  readonly #timeout: number
  readonly #observer: IdleObserver
  /** The last to become idle goes first, as it is the warmest. */
  readonly #threads: PoolThread[] = []
  #isEnding = false
  #timer: NodeJS.Timeout | undefined

  /** @param timeout Milliseconds after which a thread that is not needed ends. */
  constructor(timeout: number, observer: IdleObserver) {
    this.#timeout = timeout
    this.#observer = observer
  }

  get count(): number {
    return this.#threads.length
  }

  get hasAny(): boolean {
    for (const thread of this.#threads) if (!thread.isEnding) return true
    return false
  }

  /**
   * A thread, which is the caller's until it is given back; one on which tasks wait for children only
   * if there is no other, so that they can go on at once.
   */
  takeAny(): PoolThread | undefined {
    let last = -1
    for (let place = this.#threads.length - 1; place >= 0; place -= 1) {
      const thread = this.#threads[place]!
      if (thread.isEnding) continue // terminated, for a task that it had set aside
      if (thread.isVacant) return this.#threads.splice(place, 1)[0]
      if (last === -1) last = place
    }
    return last === -1 ? undefined : this.#threads.splice(last, 1)[0]
  }

  /** Takes that thread. @returns Whether it was here and may be used. */
  take(thread: PoolThread): boolean {
    const place = this.#threads.lastIndexOf(thread)
    if (place !== -1) this.#threads.splice(place, 1)
    return place !== -1 && !thread.isEnding
  }

  giveBack(thread: PoolThread): void {
    if (this.#isEnding) return
    this.#threads.push(thread)
    if (this.#timeout > LONGEST_TIMER) return
    thread.idleSince = performance.now()
    if (this.#timer === undefined) this.#startTimer(this.#timeout)
  }

  /** Forgets all, for good. */
  end(): void {
    this.#isEnding = true
    clearTimeout(this.#timer)
    this.#threads.length = 0
  }

  #onTimer(): void {
    this.#timer = undefined
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    // The longest idle are at the bottom.
    for (const thread of [...this.#threads]) {
      if (!this.#observer.hasMoreThanMin) return
      const isNeeded = this.#observer.isNeeded(thread)
      const left = isNeeded ? this.#timeout : thread.idleSince + this.#timeout - now
      if (isNeeded || left > 0) {
        next = Math.min(next, left)
        continue
      }
      this.take(thread)
      this.#observer.onIdleTimeout(thread)
    }
    if (this.#threads.length > 0) this.#startTimer(next)
  }

  #startTimer(milliseconds: number): void {
    this.#timer = outsideOfCalls(() => setTimeout(() => this.#onTimer(), milliseconds).unref())
  }
}
