/** Takes the next chunk from the queue. */
import { AliasGuard } from './alias-guard.ts'
import { type Chunk, TaskChunk } from './chunk.ts'
import { fairShare, fits, mostThatFit, type TaskCosts } from './chunk-size.ts'
import { MAX_INPUTS } from './message-limits.ts'
import type { Submission, Task } from './submission.ts'
import { SubmissionQueue } from './submission-queue.ts'

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
   * Tasks of one call of `map`, or calls of `run` that follow one another; nothing when none waits.
   * @param queue Where from.
   * @param isBehind Whether the thread has other tasks to run before.
   * @param mostTasks How many the thread takes at most.
   */
  next(
    queue: SubmissionQueue<Submission>,
    isBehind: boolean,
    mostTasks: number,
  ): Chunk | undefined {
    this.#queue = queue
    this.#isBehind = isBehind
    this.#mostTasks = mostTasks
    this.#tasks = []
    this.#duration = 0
    this.#name = undefined
    this.#guard.reset()
    for (;;) {
      const call = this.#queue.first
      if (call === undefined) break
      // Reading inputs may end other calls, whose tasks must not be in nobody's hands meanwhile.
      if (this.#tasks.length > 0 && call.readsInputs) break
      const range = this.#tasks.length === 0 && call.isRange ? this.#rangeOf(call) : undefined
      if (range !== undefined) return range
      if (!this.#takeFrom(call)) break
    }
    const [first] = this.#tasks
    if (first === undefined || this.#takeBackEnded(first.call)) return undefined
    this.#giveOthersATurn(first.call)
    return new TaskChunk(this.#tasks, this.#duration)
  }

  /** @returns Whether the call has ended while its inputs were read: what was taken will not start. */
  #takeBackEnded(call: Submission): boolean {
    if (!call.hasFailed) return false
    for (const task of this.#tasks) call.takeBack(task)
    return true
  }

  /** A chunk of tasks that need not be taken one by one. */
  #rangeOf(call: Submission): Chunk | undefined {
    const { name } = call
    const cost = this.#costs.of(name)
    const { chunkSize } = call.settings
    const most = this.#mostOf(call, cost)
    const range = call.takeRange(
      chunkSize === undefined ? Math.min(most, mostThatFit(cost)) : most,
      cost,
      this.#guard,
    )
    if (range === undefined) {
      this.#guard.reset() // what was read and given up is in nobody's way
      return undefined
    }
    if (!call.mayHaveMore) this.#queue.remove(call)
    this.#giveOthersATurn(call)
    return range
  }

  /** How many inputs a chunk has at most, when so much remains. */
  #mostOf(call: Submission, cost: number): number {
    const remaining = Math.max(this.#queue.size, call.remaining)
    const share = call.settings.chunkSize ?? fairShare(remaining, this.#threads, cost)
    return Math.min(MAX_INPUTS, share, this.#mostTasks)
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
      call.take()
      const isLast = !call.mayHaveMore
      if (isLast) this.#queue.remove(call)
      this.#tasks.push(task)
      this.#duration += this.#cost * task.invocations
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
      this.#limit = isSurvivor ? 1 : this.#mostOf(task.call, this.#cost)
    } else {
      if (!isAlike(task, first) || task.transfer.length > 0) return false
      if (chunkSize !== first.call.settings.chunkSize) return false
      if (chunkSize === undefined && !fits(this.#duration, this.#cost)) return false
    }
    return this.#guard.admits(task.input)
  }

  /** A long `map` goes behind what waits beside it, after each chunk; one that a task waits for not. */
  #giveOthersATurn(call: Submission): void {
    if (call.settings.isFork || !this.#queue.has(call)) return
    if (call.settings.key !== undefined) return // its key keeps the order
    this.#queue.remove(call)
    this.#queue.push(call)
  }
}

/** Whether two tasks may travel together: both by `run`, or both of one call of another kind. */
function isAlike(a: Task, b: Task): boolean {
  return a.index === undefined ? b.index === undefined : a.call === b.call
}
