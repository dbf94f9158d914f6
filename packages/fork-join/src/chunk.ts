/** What one message carries to one thread: tasks, in the order in which they are to run. */
import type { Transferable } from './call-options.ts'
import type { Segment } from './messages.ts'
import type { PoolMetrics } from './pool-metrics.ts'
import { segmentsOf } from './segments.ts'
import type { Submission, Task, TaskThread } from './submission.ts'

export interface Chunk {
  /** How many tasks. */
  readonly size: number
  /** How many milliseconds they will take; `Infinity` when nobody knows. */
  readonly duration: number
  /** The name of the first. */
  readonly name: string
  /** How often functions are called for all of them. */
  readonly invocations: number
  /** What is moved with the message. */
  readonly transfer: readonly Transferable[]
  /** The calls that the tasks belong to. */
  readonly calls: readonly Submission[]
  /** Each of them; `undefined` for one that is answered, or wanted no more. */
  readonly tasks: (Task | undefined)[]
  /** What the message has of them. */
  segments(metrics: PoolMetrics): readonly Segment[]
  /** It was sent to `thread`, where the first task has the number `first`. */
  sentTo(thread: TaskThread, first: number): void
  /**
   * Gives as many tasks as it can, from the one at `place` on, their `outputs`, from the one at `from` on.
   * @returns How many that were; 0 when each is a case of its own.
   */
  fulfil(place: number, outputs: readonly unknown[], from: number): number
}

/** Tasks of one call of `map`, or calls of `run` that follow one another. */
export class TaskChunk implements Chunk {
  readonly tasks: (Task | undefined)[]
  readonly duration: number
  readonly name: string
  readonly invocations: number
  readonly transfer: readonly Transferable[]

  /** @param tasks One or more. The array is the chunk's own from now on. */
  constructor(tasks: Task[], duration: number) {
    const first = tasks[0]!
    this.tasks = tasks
    this.duration = duration
    this.name = first.name
    this.invocations = tasks.length === 1 ? first.invocations : tasks.length
    this.transfer = first.transfer // with anything to be moved it travels alone
  }

  get size(): number {
    return this.tasks.length
  }

  get calls(): readonly Submission[] {
    return this.tasks.flatMap((task) => task?.call ?? [])
  }

  segments(metrics: PoolMetrics): readonly Segment[] {
    return segmentsOf(this.tasks as Task[], metrics)
  }

  sentTo(thread: TaskThread, first: number): void {
    let item = first
    for (const task of this.tasks as Task[]) {
      task.thread = thread
      task.item = item
      task.sendings += 1
      item += 1
    }
  }

  fulfil(): number {
    return 0
  }
}
