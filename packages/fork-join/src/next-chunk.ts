/** Takes the next chunk from the queue: what one message carries to one thread. */
import { AliasGuard } from './alias-guard.ts'
import { fairShare, fits, MAX_INPUTS, type TaskCosts } from './chunk-size.ts'
import type { Submission, Task } from './submission.ts'
import { SubmissionQueue } from './submission-queue.ts'

export interface Chunk {
  /** In the order in which they are to run. */
  readonly tasks: Task[]
  /** How many milliseconds they will take; `Infinity` when nobody knows. */
  readonly duration: number
}

/** Fills one chunk after the other, for `threads` threads that share what is queued. */
export class ChunkFiller {
  readonly #costs: TaskCosts
  readonly #threads: number
  readonly #guard = new AliasGuard()

  #queue = new SubmissionQueue<Submission>()
  #tasks: Task[] = []
  #duration = 0
  #limit = 0
  #mostTasks = 0
  #isBehind = false
  /** What an input of the task `#name` costs. */
  #name: string | undefined
  #cost = 0

  constructor(costs: TaskCosts, threads: number) {
    this.#costs = costs
    this.#threads = threads
  }

  /**
   * Tasks of one call of `map`, or calls of `run` that follow one another; none when none waits.
   * @param queue Where from.
   * @param isBehind Whether the thread has other tasks to run before.
   * @param mostTasks How many the thread takes at most.
   */
  next(queue: SubmissionQueue<Submission>, isBehind: boolean, mostTasks: number): Chunk {
    this.#queue = queue
    this.#isBehind = isBehind
    this.#mostTasks = mostTasks
    this.#tasks = []
    this.#duration = 0
    this.#name = undefined
    this.#guard.reset()
    for (;;) {
      const call = this.#queue.first
      if (call === undefined || !this.#takeFrom(call)) break
    }
    this.#giveOthersATurn()
    return { tasks: this.#tasks, duration: this.#duration }
  }

  /** @returns Whether the chunk has room for tasks of the next call. */
  #takeFrom(call: Submission): boolean {
    for (;;) {
      const task = call.peek()
      if (task === undefined) {
        this.#queue.remove(call) // it will be back when it has inputs again
        return true
      }
      if (!this.#admits(task)) return false
      const isLast = !call.take()
      if (isLast) this.#queue.remove(call)
      this.#tasks.push(task)
      this.#duration += this.#cost * task.calls
      // What is moved travels alone, so that a refused message leaves everything where it is.
      if (this.#tasks.length >= this.#limit || task.transfer.length > 0) return false
      if (isLast) return true
    }
  }

  #admits(task: Task): boolean {
    if (task.name !== this.#name) {
      this.#name = task.name
      this.#cost = this.#costs.of(task.name)
    }
    const first = this.#tasks[0]
    // What was on a thread that died goes first on the next, or it would be counted for others' faults.
    const isSurvivor = task.sendings > 0
    if (isSurvivor && (this.#isBehind || first !== undefined)) return false
    const { chunkSize } = task.call.settings
    if (first === undefined) {
      const remaining = Math.max(this.#queue.size, task.call.remaining)
      const share = chunkSize ?? fairShare(remaining, this.#threads, this.#cost)
      this.#limit = isSurvivor ? 1 : Math.min(MAX_INPUTS, share, this.#mostTasks)
    } else {
      if (!isAlike(task, first) || task.transfer.length > 0) return false
      if (chunkSize === undefined && !fits(this.#duration, this.#cost)) return false
    }
    return this.#guard.admits(task.input)
  }

  /** A long `map` goes behind what waits beside it, after each chunk; one that a task waits for not. */
  #giveOthersATurn(): void {
    const call = this.#tasks[0]?.call
    if (call === undefined || call.settings.isFork || !this.#queue.has(call)) return
    if (call.settings.key !== undefined) return // its key keeps the order
    this.#queue.remove(call)
    this.#queue.push(call)
  }
}

/** Whether two tasks may travel together: both by `run`, or both of one call of another kind. */
function isAlike(a: Task, b: Task): boolean {
  return a.index === undefined ? b.index === undefined : a.call === b.call
}
