/**
 * The life of one call of `map` and its kin: *open* until no more inputs are wanted, then waiting
 * for what is in flight, then *over*, by success, failure, abort, or its reader's leaving.
 */
import type { Abortable, AbortListeners } from './abort-listeners.ts'
import type { Attempt } from './attempt.ts'
import type { InputSource } from './input-source.ts'
import type { Work } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { oneTurn } from './one-turn.ts'
import type { Outputs } from './outputs.ts'
import type { TrackedItems } from './tracked-items.ts'

/** What it is the life of. */
export interface Living {
  readonly work: Work
  readonly lanes: Lanes
  readonly signals: AbortListeners
  readonly signal: AbortSignal | undefined
  readonly source: InputSource<unknown>
  readonly outputs: Outputs
  readonly tracked: TrackedItems | undefined
  readonly onFailure: 'cancel' | 'drain'
  /** It is over; functions may still run for it if it was aborted. */
  readonly onOver: () => void
}

export class BatchLife implements Abortable {
  isOpen = true
  isOver = false
  started = 0
  /** Inputs that have been started and are settled. */
  ended = 0
  readonly #of: Living
  /** What runs and asked to be told when it is cancelled. */
  readonly #observed = new Map<number, Attempt>()
  #isClosing = false
  #cancellation: { readonly reason: unknown } | undefined = undefined
  #failure: { readonly error: unknown } | undefined = undefined
  #stopped: Promise<void> | undefined = undefined
  #onLeft: (() => void) | undefined = undefined

  constructor(of: Living) {
    this.#of = of
  }

  begin(): void {
    const { signal, signals } = this.#of
    if (signal !== undefined) signals.add(signal, this)
  }

  get isCancelled(): boolean {
    return this.#cancellation !== undefined
  }

  /** Whether failed inputs may be run again. */
  get isGoing(): boolean {
    return !this.isOver && this.#failure === undefined && this.#stopped === undefined
  }

  /** `attempt` has to be told when it is cancelled; if it is by itself, it has been. */
  observe(attempt: Attempt, cancellation: { readonly reason: unknown } | undefined): void {
    const cancelled = this.#cancellation ?? cancellation
    if (cancelled !== undefined) attempt.cancel(cancelled.reason)
    else this.#observed.set(attempt.index, attempt)
  }

  /** The function of an input has ended. */
  forget(index: number): void {
    if (this.#observed.size > 0) this.#observed.delete(index)
  }

  /** Tells the function of one input. */
  cancelOne(index: number, reason: unknown): void {
    this.#observed.get(index)?.cancel(reason)
  }

  rejected(index: number, error: unknown): void {
    if (
      this.#failure === undefined &&
      this.#stopped === undefined &&
      !this.#of.outputs.rejected(index, error)
    ) {
      this.fail(error)
    } else if (this.ended === this.started) {
      this.settle()
    }
  }

  fail(error: unknown): void {
    this.#failure = { error }
    this.shut()
    this.#dropWaiting('cancelled')
    const closed = this.#closeInputs()
    if (closed !== undefined) {
      this.#isClosing = true
      void closed.then(() => {
        this.#isClosing = false
        this.settle()
      })
    }
    if (this.#of.onFailure === 'cancel') this.#cancel(error)
    this.settle()
  }

  /** No more inputs are wanted. */
  shut(): void {
    this.isOpen = false
    this.#of.lanes.withdraw(this.#of.work)
  }

  settle(): void {
    if (this.isOver || this.isOpen || this.#isClosing || this.ended < this.started) return
    this.isOver = true
    if (this.#failure === undefined) this.#of.outputs.finished(this.started)
    else this.#of.outputs.failed(this.#failure.error, false)
    this.#release()
  }

  /** Rejects at once; what runs is told to stop, and keeps its lanes until it has ended. */
  abort(reason: unknown): void {
    this.#abandon(reason, 'cancelled')
  }

  /** As {@link abort}, with the executor. */
  destroy(error: unknown): void {
    this.#abandon(error, 'closed')
  }

  /** Nobody wants more outputs: fulfilled when what runs has ended and the inputs are closed. */
  stop(reason: unknown): Promise<void> {
    this.#stopped ??= this.#stop(reason)
    return this.#stopped
  }

  async #stop(reason: unknown): Promise<void> {
    if (this.isOver) return
    this.shut()
    this.#dropWaiting('cancelled')
    const over = new Promise<void>((resolve) => {
      this.#onLeft = resolve
    })
    this.#cancel(reason)
    try {
      await this.#of.source.close()
    } finally {
      this.settle()
      await over
    }
  }

  #abandon(reason: unknown, outcome: 'cancelled' | 'closed'): void {
    if (this.isOver) return
    this.isOver = true
    this.shut()
    this.#of.tracked?.abandon(outcome)
    this.#cancel(reason)
    const reject = () => {
      this.#of.outputs.failed(reason, true)
      this.#release()
    }
    const closed = this.#closeInputs()
    if (closed === undefined || outcome === 'closed') reject()
    else void Promise.race([closed, oneTurn()]).then(reject) // most have closed by then
  }

  /** What is put off will not be run again. */
  #dropWaiting(outcome: 'cancelled' | 'closed'): void {
    if (this.#of.tracked !== undefined) this.ended += this.#of.tracked.dropWaiting(outcome)
  }

  /** Undefined when there is nothing to wait for. What closing throws gives way to why it is closed. */
  #closeInputs(): Promise<unknown> | undefined {
    try {
      const answer = this.#of.source.close()
      return answer instanceof Promise ? answer.catch(ignore) : undefined
    } catch {
      return undefined
    }
  }

  /** Tells what runs, and whatever of it asks later. */
  #cancel(reason: unknown): void {
    this.#cancellation ??= { reason }
    for (const attempt of [...this.#observed.values()]) attempt.cancel(reason)
  }

  #release(): void {
    const { signal, signals, lanes, work } = this.#of
    if (signal !== undefined) signals.remove(signal, this)
    lanes.dismiss(work)
    this.#onLeft?.()
    this.#of.onOver()
  }
}

function ignore(): void {}
