/** The tasks of `run` that wait: first in, first out, and removed from anywhere in one step. */
import type { RunTask } from './run-task.ts'

/** A list of links in the tasks themselves. */
export class WaitingQueue {
  #first: RunTask | undefined
  #last: RunTask | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  push(task: RunTask): void {
    task.previous = this.#last
    if (this.#last === undefined) this.#first = task
    else this.#last.next = task
    this.#last = task
    this.#size += 1
  }

  shift(): RunTask | undefined {
    const first = this.#first
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Removes a task that is in it. */
  remove(task: RunTask): void {
    const { next, previous } = task
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    task.next = undefined
    task.previous = undefined
    this.#size -= 1
  }
}
