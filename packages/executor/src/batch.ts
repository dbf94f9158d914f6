/** One call of `map`, `mapSettled`, `forEach` or `stream`: inputs in, lanes in between, outputs out. */
import { AsyncResource } from 'node:async_hooks'
import type { WhyCancelled } from './adaptive/limit-sampler.ts'
import { Attempt, type AttemptOwner, type ItemContext } from './attempt.ts'
import { BatchLife } from './batch-life.ts'
import type { ItemSettings } from './call-options.ts'
import type { InputSource } from './input-source.ts'
import { type Lane, NOTHING, type Work } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { LevelParts } from './level-parts.ts'
import type { Outputs } from './outputs.ts'
import { taskName } from './task-name.ts'
import { TrackedItems } from './tracked-items.ts'

export interface BatchCall {
  readonly settings: ItemSettings
  readonly source: InputSource<unknown>
  readonly fn: (input: never, context: ItemContext) => unknown
  readonly outputs: Outputs
  /** Whether `outputs` may lack room. */
  readonly isBounded: boolean
  readonly onFailure: 'cancel' | 'drain'
  /** The batch is settled; functions may still run for it if it was aborted. */
  readonly onSettled: (batch: Batch) => void
}

export class Batch implements Work, AttemptOwner {
  nextTurn: Work | undefined = undefined
  previousTurn: Work | undefined = undefined
  readonly priority: number
  readonly life: BatchLife
  readonly #host: LevelParts
  readonly #lanes: Lanes
  readonly #source: InputSource<unknown>
  readonly #fn: (input: never, context: ItemContext) => unknown
  readonly #outputs: Outputs
  readonly #call: BatchCall
  /** Whether an input can be started as soon as there is one, and needs no tracking. */
  readonly #isPlain: boolean
  readonly #tracked: TrackedItems | undefined
  /** What its functions and its inputs run in: the async context of its caller, inside. */
  readonly #scope: AsyncResource
  /** When the input that waits was pulled. */
  #pulledAt: number | undefined = undefined

  constructor(host: LevelParts, call: BatchCall) {
    const { settings, fn, source, outputs, onFailure } = call
    const isTracked =
      host.recorder !== undefined ||
      settings.timeout !== Number.POSITIVE_INFINITY ||
      settings.retry !== undefined
    this.#host = host
    this.#scope = host.entrance?.enter(newScope, undefined) ?? newScope()
    this.#lanes = host.lanes
    this.#call = call
    this.priority = settings.priority
    this.#source = source
    this.#fn = fn
    this.#outputs = outputs
    this.#tracked = isTracked ? this.#track() : undefined
    this.#isPlain = !isTracked && !call.isBounded && source.isReady && settings.weight === 1
    this.life = new BatchLife({
      work: this,
      lanes: host.lanes,
      signals: host.signals,
      signal: settings.signal,
      source,
      outputs,
      tracked: this.#tracked,
      onFailure,
      onOver: () => call.onSettled(this),
    })
  }

  start(): void {
    this.life.begin()
    this.#offer()
  }

  get taskName(): string {
    return taskName(this.#fn)
  }

  get weight(): number {
    return this.#call.settings.weight
  }

  get expectsMore(): boolean {
    return this.life.isOpen
  }

  begin(lane: Lane): unknown {
    if (lane.home === this) return this.#next(lane)
    return this.#scope.runInAsyncScope(this.#next, this, lane)
  }

  succeeded(lane: Lane, output: unknown): void {
    const { life } = this
    if (!this.#isPlain && !this.#isWanted(lane, 'completed')) return
    life.forget(lane.index)
    if (life.isOver) return
    life.ended += 1
    this.#outputs.fulfilled(lane.index, output)
    if (life.ended === life.started) life.settle()
  }

  failed(lane: Lane, error: unknown): void {
    const { life } = this
    life.forget(lane.index)
    let reason = error
    if (this.#tracked !== undefined && life.isGoing) {
      try {
        if (this.#tracked.willRetry(lane, error)) return
      } catch (thrown) {
        reason = thrown
      }
    }
    if (!this.#isPlain && !this.#isWanted(lane, life.isCancelled ? 'cancelled' : 'failed')) return
    if (life.isOver) return
    life.ended += 1
    life.rejected(lane.index, reason)
  }

  whyCancelled({ index }: Lane): WhyCancelled {
    if (this.#tracked?.cancellationOf(index) !== undefined) return 'timed-out'
    return this.life.isCancelled ? 'cancelled' : undefined
  }

  observed(attempt: Attempt): void {
    this.life.observe(attempt, this.#tracked?.cancellationOf(attempt.index))
  }

  /** An output has been taken. */
  roomMade(): void {
    if (this.life.isOpen && this.nextTurn === undefined) this.#offer()
  }

  #offer(): void {
    this.#scope.runInAsyncScope(this.#lanes.offer, this.#lanes, this, this)
  }

  #track(): TrackedItems {
    const { timeout, retry, releaseOnTimeout } = this.#call.settings
    return new TrackedItems(
      this.#host,
      { taskName: this.taskName, timeout, retry, releaseOnTimeout },
      { onDue: () => this.#offer(), onTimeout: (index, error) => this.#timedOut(index, error) },
    )
  }

  /** Runs in the async context of the call. */
  #next(lane: Lane): unknown {
    if (!this.#isPlain) {
      if (!this.#mayStart(lane)) return NOTHING
      if (this.#tracked?.hasDue) return this.#again(this.#tracked, lane)
    }
    if (!this.#hasNext()) return this.#nothing(lane)
    const index = this.life.started
    this.life.started += 1
    lane.index = index
    if (!this.#isPlain && !this.#prepare(lane)) return this.#nothing(lane)
    return this.#run(this.#source.value, new Attempt(this, index, 1))
  }

  #run(input: unknown, attempt: Attempt): unknown {
    try {
      const fn = this.#fn
      return fn(input as never, attempt)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #again(tracked: TrackedItems, lane: Lane): unknown {
    const { index, input, retries } = tracked.restart(lane)
    lane.index = index
    return this.#run(input, new Attempt(this, index, retries!.attempt))
  }

  #nothing(lane: Lane): typeof NOTHING {
    this.#lanes.unreserve(lane)
    return NOTHING
  }

  /** Whether there is room for an output, something at hand, and enough slots for its weight. */
  #mayStart(lane: Lane): boolean {
    const { weight } = this.#call.settings
    if (!this.#tracked?.hasDue) {
      if (!this.life.isOpen || !this.#hasRoom) {
        this.#lanes.withdraw(this)
        return false
      }
      if (!this.#source.isReady) {
        this.#pull()
        return false
      }
    }
    return weight === 1 || this.#lanes.reserve(this, lane, weight)
  }

  /** False when its time had run out before it could start. */
  #prepare(lane: Lane): boolean {
    const { value } = this.#source
    const error = this.#tracked?.start(lane.index, value, lane, this.#pulledAt)
    if (!this.#source.isReady && this.#lanes.hasRoom && this.#hasRoom) this.#pull()
    if (error === undefined) return true
    this.life.ended += 1
    this.life.rejected(lane.index, error)
    return false
  }

  get #hasRoom(): boolean {
    const { started, ended } = this.life
    return !this.#call.isBounded || this.#outputs.hasRoom(started - ended)
  }

  #hasNext(): boolean {
    const { life } = this
    try {
      if (this.#source.next()) return life.isOpen // the iterable itself may have aborted the call
    } catch (error) {
      if (life.isOpen) life.fail(error)
      return false
    }
    if (life.isOpen) {
      life.shut()
      life.settle()
    }
    return false
  }

  /** Out of turn until there is an input: its lane is free for others. */
  #pull(): void {
    this.#lanes.withdraw(this)
    this.#source.pull(this.#onPulled)
  }

  readonly #onPulled = (): void => {
    if (!this.life.isOpen) return
    if (this.#source.hasEnded) {
      this.#hasNext()
      return
    }
    this.#pulledAt = this.#tracked?.now()
    this.#lanes.offer(this, this)
  }

  #timedOut(index: number, error: unknown): void {
    const { life } = this
    life.ended += 1
    life.cancelOne(index, error)
    if (!life.isOver) life.rejected(index, error)
  }

  /** A function has ended: whether what it gave is still wanted. */
  #isWanted(lane: Lane, outcome: 'completed' | 'failed' | 'cancelled'): boolean {
    return this.#tracked === undefined || this.#tracked.ended(lane, outcome)
  }
}

function newScope(): AsyncResource {
  return new AsyncResource('threeply.AsyncExecutor.map')
}
