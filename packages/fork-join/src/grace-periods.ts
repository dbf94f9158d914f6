/** Tasks that were running when they were cancelled, and how long they still have to end. */
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { LONGEST_TIMER } from '@threeply/task/runner'
import type { Cancellation, Task } from './submission.ts'

interface GracePeriod {
  readonly cancellation: Cancellation
  /** None when it is endless. */
  readonly timer: NodeJS.Timeout | undefined
}

export class GracePeriods {
  readonly #periods = new Map<Task, GracePeriod>()

  get isEmpty(): boolean {
    return this.#periods.size === 0
  }

  has(task: Task): boolean {
    return this.#periods.has(task)
  }

  /** Why the task was cancelled, if it was. */
  cancellation(task: Task): Cancellation | undefined {
    return this.#periods.get(task)?.cancellation
  }

  /**
   * @param grace Milliseconds that the task has.
   * @param onOver Called when it has not ended by then.
   */
  start(task: Task, cancellation: Cancellation, grace: number, onOver: () => void): void {
    clearTimeout(this.#periods.get(task)?.timer)
    // Only after answers that have come already, which a busy parent has not seen yet.
    const onTimer = () => setImmediate(() => this.#periods.get(task) === period && onOver())
    const timer = grace > LONGEST_TIMER ? undefined : setTimeout(onTimer, grace)
    const period = { cancellation, timer }
    this.#periods.set(task, period)
  }

  /** The task has ended. @returns Why it was cancelled, if it was. */
  end(task: Task): Cancellation | undefined {
    if (this.isEmpty) return undefined // nearly always
    const period = this.#periods.get(task)
    clearTimeout(period?.timer)
    this.#periods.delete(task)
    return period?.cancellation
  }
}
