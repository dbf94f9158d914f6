/** The tasks of `run` that wait for the same: those of one priority and one key. */
import type { WhyCancelled } from './adaptive/limit-sampler.ts'
import type { KeySlots } from './keyed-slots.ts'
import type { Lane, Work } from './lane.ts'
import { type Queued, WaitingQueue } from './waiting-queue.ts'

/** What starts the tasks of a line, and settles them. */
export interface RunStarter<Task extends Queued<Task>> {
  begin(line: RunLine<Task>, lane: Lane): unknown
  succeeded(lane: Lane, output: unknown): void
  failed(lane: Lane, error: unknown): void
  whyCancelled(lane: Lane): WhyCancelled
}

export class RunLine<Task extends Queued<Task>> implements Work {
  nextTurn: Work | undefined = undefined
  previousTurn: Work | undefined = undefined
  readonly priority: number
  /** No lane is at home here: each task has an async context of its own. */
  readonly expectsMore = false
  readonly queue = new WaitingQueue<Task>()
  /** What its key has, if it is limited. */
  readonly slots: KeySlots<RunLine<Task>> | undefined
  readonly #starter: RunStarter<Task>

  constructor(starter: RunStarter<Task>, priority: number, slots?: KeySlots<RunLine<Task>>) {
    this.priority = priority
    this.slots = slots
    this.#starter = starter
  }

  begin(lane: Lane): unknown {
    return this.#starter.begin(this, lane)
  }

  succeeded(lane: Lane, output: unknown): void {
    this.#starter.succeeded(lane, output)
  }

  failed(lane: Lane, error: unknown): void {
    this.#starter.failed(lane, error)
  }

  whyCancelled(lane: Lane): WhyCancelled {
    return this.#starter.whyCancelled(lane)
  }
}
