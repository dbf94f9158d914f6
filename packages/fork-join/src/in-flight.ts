/** What a thread was sent and has not answered, in order; with holes for what is wanted no more. */
import type { Task } from './submission.ts'

export class InFlight {
  /** The first of them that matters is at `#offset`, and is item `#first`. */
  #tasks: (Task | undefined)[] = []
  #offset = 0
  #first = 0
  #next = 0
  /** The chunks that they came in. */
  readonly #chunks: { left: number; readonly duration: number }[] = []

  /** How many items are unanswered, holes included. */
  get size(): number {
    return this.#next - this.#first
  }

  /** The number that the next item gets. */
  get next(): number {
    return this.#next
  }

  /** How many chunks are unanswered. */
  get chunks(): number {
    return this.#chunks.length
  }

  /** How many milliseconds of work all that is, as far as is known; else `Infinity`. */
  get duration(): number {
    return this.#chunks.reduce((sum, { duration }) => sum + duration, 0)
  }

  /** Adds a chunk, and numbers its tasks. */
  push(tasks: readonly Task[], duration: number): void {
    for (const task of tasks) {
      task.item = this.#next
      this.#next += 1
      this.#tasks.push(task)
    }
    this.#chunks.push({ left: tasks.length, duration })
  }

  at(item: number): Task | undefined {
    return this.#tasks[this.#offset + item - this.#first]
  }

  /** The answer is wanted no more. */
  drop(item: number): void {
    this.#tasks[this.#offset + item - this.#first] = undefined
  }

  /** Takes away the first item, which is answered. */
  shift(): Task | undefined {
    const task = this.#tasks[this.#offset]
    this.#tasks[this.#offset] = undefined
    this.#offset += 1
    this.#first += 1
    const chunk = this.#chunks[0]!
    chunk.left -= 1
    if (chunk.left === 0) this.#chunks.shift()
    this.#compact()
    return task
  }

  /** Those that are wanted, as they are now: they may be dropped meanwhile. */
  list(): Task[] {
    return this.#tasks.slice(this.#offset).filter((task) => task !== undefined)
  }

  #compact(): void {
    if (this.#offset < this.#tasks.length / 2) return
    this.#tasks.splice(0, this.#offset)
    this.#offset = 0
  }
}
