/** What a thread was sent and has not answered, in order; with holes for what is wanted no more. */
import type { Task } from './submission.ts'

interface SentChunk {
  /** The number of its first item. */
  readonly first: number
  readonly tasks: (Task | undefined)[]
  /** How many of them have been answered. */
  answered: number
  /** How many milliseconds they take together, as far as is known; else `Infinity`. */
  readonly duration: number
}

export class InFlight {
  /** Those with items that are unanswered. */
  readonly #chunks: SentChunk[] = []
  #answered = 0
  #next = 0

  /** How many items are unanswered, holes included. */
  get size(): number {
    return this.#next - this.#answered
  }

  /** The number of the first that is unanswered. */
  get first(): number {
    return this.#answered
  }

  /** The number that the next item gets. */
  get next(): number {
    return this.#next
  }

  /** How many chunks are unanswered. */
  get chunks(): number {
    return this.#chunks.length
  }

  /** How many milliseconds of work all that is. */
  get duration(): number {
    return this.#chunks.reduce((sum, { duration }) => sum + duration, 0)
  }

  /** Adds a chunk, whose tasks have the next numbers. The array is its own from now on. */
  push(tasks: Task[], duration: number): void {
    this.#chunks.push({ first: this.#next, tasks, answered: 0, duration })
    this.#next += tasks.length
  }

  at(item: number): Task | undefined {
    const chunk = this.#chunkOf(item)
    return chunk?.tasks[item - chunk.first]
  }

  /** The answer is wanted no more. */
  drop(item: number): void {
    const chunk = this.#chunkOf(item)
    if (chunk !== undefined) chunk.tasks[item - chunk.first] = undefined
  }

  /** Takes away the first item, which is answered. */
  shift(): Task | undefined {
    const chunk = this.#chunks[0]!
    const task = chunk.tasks[chunk.answered]
    chunk.tasks[chunk.answered] = undefined
    chunk.answered += 1
    this.#answered += 1
    if (chunk.answered === chunk.tasks.length) this.#chunks.shift()
    return task
  }

  /** Those that are wanted, as they are now: they may be dropped meanwhile. */
  list(): Task[] {
    const wanted: Task[] = []
    for (const { tasks } of this.#chunks) {
      for (const task of tasks) if (task !== undefined) wanted.push(task)
    }
    return wanted
  }

  #chunkOf(item: number): SentChunk | undefined {
    return this.#chunks.findLast(({ first }) => first <= item)
  }
}
