/** First in, first out, and removed from anywhere in one step. */

/** What can wait in a queue: it holds its links itself, which the queue alone writes. */
export interface Queued<Self> {
  next: Self | undefined
  previous: Self | undefined
}

export class WaitingQueue<Task extends Queued<Task>> {
  #first: Task | undefined
  #last: Task | undefined
  #size = 0

  get first(): Task | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  push(task: Task): void {
    task.previous = this.#last
    if (this.#last === undefined) this.#first = task
    else this.#last.next = task
    this.#last = task
    this.#size += 1
  }

  /** Removes a task that is in it. */
  remove(task: Task): void {
    const { next, previous } = task
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    task.next = undefined
    task.previous = undefined
    this.#size -= 1
  }

  /** So many of those that joined last, the last one first. */
  *newest(count: number): Generator<Task> {
    let left = count
    for (let task = this.#last; task !== undefined && left > 0; task = task.previous) {
      left -= 1
      yield task
    }
  }

  *[Symbol.iterator](): Generator<Task> {
    for (let task = this.#first; task !== undefined; task = task.next) yield task
  }
}
