/** What a thread was sent and has not answered, in order; with holes for what is wanted no more. */
import type { Chunk } from './chunk.ts'
import type { Task } from './submission.ts'

interface SentChunk {
  /** The number of its first item. */
  readonly first: number
  readonly chunk: Chunk
  /** How many of its tasks have been answered. */
  answered: number
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

  /** The earliest and the latest of these. */
  get firstChunk(): Chunk | undefined {
    return this.#chunks[0]?.chunk
  }

  get lastChunk(): Chunk | undefined {
    return this.#chunks.at(-1)?.chunk
  }

  /** How many milliseconds of work all that is. */
  get duration(): number {
    return this.#chunks.reduce((sum, { chunk }) => sum + chunk.duration, 0)
  }

  /** Adds a chunk, whose tasks have the next numbers. */
  push(chunk: Chunk): void {
    this.#chunks.push({ first: this.#next, chunk, answered: 0 })
    this.#next += chunk.size
  }

  at(item: number): Task | undefined {
    const sent = this.#sentChunkOf(item)
    return sent?.chunk.tasks[item - sent.first]
  }

  /** The answer is wanted no more. */
  drop(item: number): void {
    const sent = this.#sentChunkOf(item)
    if (sent !== undefined) sent.chunk.tasks[item - sent.first] = undefined
  }

  /** Takes away the first item, which is answered. */
  shift(): Task | undefined {
    const sent = this.#chunks[0]!
    const { tasks } = sent.chunk
    const task = tasks[sent.answered]
    tasks[sent.answered] = undefined
    this.#countAnswers(sent, 1)
    return task
  }

  /**
   * Fulfils the first items with `outputs`, from the one at `from` on, as many as go together.
   * @returns How many that were; 0 when the first is a case of its own.
   */
  fulfil(outputs: readonly unknown[], from: number): number {
    const sent = this.#chunks[0]!
    const count = sent.chunk.fulfil(sent.answered, outputs, from)
    if (count > 0) this.#countAnswers(sent, count)
    return count
  }

  /** Those that are wanted, as they are now: they may be dropped meanwhile. */
  list(): Task[] {
    const wanted: Task[] = []
    for (const { chunk } of this.#chunks) {
      for (const task of chunk.tasks) if (task !== undefined) wanted.push(task)
    }
    return wanted
  }

  #countAnswers(sent: SentChunk, count: number): void {
    sent.answered += count
    this.#answered += count
    if (sent.answered === sent.chunk.size) this.#chunks.shift()
  }

  #sentChunkOf(item: number): SentChunk | undefined {
    return this.#chunks.findLast(({ first }) => first <= item)
  }
}
