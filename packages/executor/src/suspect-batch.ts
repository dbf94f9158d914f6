/** An open call of `map` or its kin, as the watch for deadlocks sees it. */
import type { DeadlockError } from '@threeply/task'
import type { Promised } from './awaiting-lane.ts'
import type { Batch } from './batch.ts'
import type { Suspect } from './deadlocks.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { Settlement } from './outputs.ts'

export class SuspectBatch implements Suspect {
  readonly call: object
  readonly lanes: Lanes
  readonly #batch: Batch
  readonly #promised: Promised

  constructor(batch: Batch, lanes: Lanes, promised: Promised) {
    this.call = batch
    this.lanes = lanes
    this.#batch = batch
    this.#promised = promised
  }

  get taskName(): string {
    return this.#batch.taskName
  }

  get isWaiting(): boolean {
    return this.#batch.nextTurn !== undefined
  }

  /** It ends when all its functions have: one that is held up is enough. */
  isHeldUpBy(held: ReadonlySet<Lane>): boolean {
    if (this.#batch.life.isOver) return false
    for (const lane of held) if (lane.work === this.#batch) return true
    if (!this.isWaiting) return false
    const weight = Math.min(this.#batch.weight, this.lanes.concurrency)
    return this.lanes.slotsWithout(held) < weight
  }

  readonly refuse = (error: DeadlockError): void => this.#batch.life.abort(error)

  settleInstead(other: Settlement<unknown>): ((value: Promise<unknown>) => void) | undefined {
    return this.#promised.settleInstead(other)
  }
}
