/** An open call of `run`, as the watch for deadlocks sees it. */
import type { DeadlockError } from '@threeply/task'
import type { Suspect } from './deadlocks.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { Settlement } from './outputs.ts'
import type { RunTask } from './run-task.ts'
import { taskName } from './task-name.ts'

export class SuspectRun implements Suspect {
  readonly call: object
  readonly lanes: Lanes
  readonly refuse: (error: DeadlockError) => void
  readonly #task: RunTask
  /** Where it runs; undefined while it waits. */
  readonly #lane: Lane | undefined

  constructor(
    task: RunTask,
    lanes: Lanes,
    lane: Lane | undefined,
    refuse: (error: DeadlockError) => void,
  ) {
    this.call = task
    this.lanes = lanes
    this.refuse = refuse
    this.#task = task
    this.#lane = lane
  }

  get taskName(): string {
    return taskName(this.#task.fn)
  }

  get isWaiting(): boolean {
    return this.#lane === undefined
  }

  isHeldUpBy(held: ReadonlySet<Lane>): boolean {
    const { resolve, details } = this.#task
    if (resolve === undefined) return false
    if (this.#lane !== undefined) return held.has(this.#lane)
    if (details?.line.slots?.isFull && this.#isKeyHeld(held)) return true
    const weight = Math.min(details?.settings.weight ?? 1, this.lanes.concurrency)
    return this.lanes.slotsWithout(held) < weight
  }

  settleInstead({ resolve }: Settlement<unknown>): ((value: Promise<unknown>) => void) | undefined {
    const replaced = this.#task.resolve
    if (replaced !== undefined) this.#task.resolve = resolve
    return replaced
  }

  /** Whether all functions of its key run in lanes that are held up. */
  #isKeyHeld(held: ReadonlySet<Lane>): boolean {
    const slots = this.#task.details?.line.slots
    for (const lane of this.lanes) {
      const running = lane.call as RunTask | undefined
      if (running?.details?.line.slots === slots && !held.has(lane)) return false
    }
    return true
  }
}
