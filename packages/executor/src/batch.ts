/** One call of `map`, `mapSettled`, `forEach` or `stream`: inputs in, lanes in between, outputs out. */
import { AsyncResource } from 'node:async_hooks'
import type { Abortable, AbortListeners } from './abort-listeners.ts'
import { Attempt, type AttemptOwner, type ItemContext } from './attempt.ts'
import type { ItemSettings } from './executor-options.ts'
import type { InputSource } from './input-source.ts'
import { type Lane, type Lanes, NOTHING, type Work } from './lanes.ts'
import { oneTurn } from './one-turn.ts'
import type { Outputs } from './outputs.ts'
import type { Recorder } from './recorder.ts'
import { taskName } from './task-name.ts'
import { TrackedItems } from './tracked-items.ts'

/** What a batch shares with all others of its executor. */
export interface BatchHost {
  readonly lanes: Lanes
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
  /** The batch is settled; functions may still run for it if it was aborted. */
  readonly onSettled: (batch: Batch) => void
}

export interface BatchCall {
  readonly settings: ItemSettings
  readonly source: InputSource<unknown>
  readonly fn: (input: never, context: ItemContext) => unknown
  readonly outputs: Outputs
  /** Whether `outputs` may lack room. */
  readonly isBounded: boolean
  readonly onFailure: 'cancel' | 'drain'
}

/** It is *open* until no more inputs are wanted, then waits for what is in flight, then is *over*. */
export class Batch implements Work, AttemptOwner, Abortable {
  nextTurn: Work | undefined = undefined
  previousTurn: Work | undefined = undefined
  readonly priority: number
  readonly #host: BatchHost
  readonly #lanes: Lanes
  readonly #source: InputSource<unknown>
  readonly #fn: (input: never, context: ItemContext) => unknown
  readonly #outputs: Outputs
  readonly #call: BatchCall
  /** Whether an input can be started as soon as there is one, and needs no tracking. */
  readonly #isPlain: boolean
  readonly #tracked: TrackedItems | undefined
  /** What runs and asked to be told when it is cancelled. */
  readonly #observed = new Map<number, Attempt>()
  /** What its functions and its inputs run in: the async context of its caller. */
  readonly #scope = new AsyncResource('threeply.AsyncExecutor.map')
  #isOpen = true
  #isOver = false
  #isClosing = false
  #started = 0
  /** Inputs that have been started and are settled. */
  #ended = 0
  #cancellation: { readonly reason: unknown } | undefined = undefined
  #failure: { readonly error: unknown } | undefined = undefined
  /** When the input that waits was pulled. */
  #pulledAt: number | undefined = undefined
  #onOver: (() => void) | undefined = undefined
  #stopped: Promise<void> | undefined = undefined

  constructor(host: BatchHost, call: BatchCall) {
    const { settings, fn, source } = call
    const isTracked =
      host.recorder !== undefined ||
      settings.timeout !== Number.POSITIVE_INFINITY ||
      settings.retry !== undefined
    this.#host = host
    this.#lanes = host.lanes
    this.#call = call
    this.priority = settings.priority
    this.#source = source
    this.#fn = fn
    this.#outputs = call.outputs
    this.#tracked = isTracked ? this.#track() : undefined
    this.#isPlain = !isTracked && !call.isBounded && source.isReady && settings.weight === 1
  }

  start(): void {
    const { signal } = this.#call.settings
    if (signal !== undefined) this.#host.signals.add(signal, this)
    this.#offer()
  }

  get expectsMore(): boolean {
    return this.#isOpen
  }

  begin(lane: Lane): unknown {
    if (lane.home === this) return this.#next(lane)
    return this.#scope.runInAsyncScope(this.#next, this, lane)
  }

  succeeded(lane: Lane, output: unknown): void {
    if (!this.#isPlain && !this.#isWanted(lane, 'completed')) return
    if (this.#observed.size > 0) this.#observed.delete(lane.index)
    if (this.#isOver) return
    this.#ended += 1
    this.#outputs.fulfilled(lane.index, output)
    if (this.#ended === this.#started) this.#settle()
  }

  failed(lane: Lane, error: unknown): void {
    this.#observed.delete(lane.index)
    let reason = error
    if (this.#tracked !== undefined && this.#isGoing) {
      try {
        if (this.#tracked.willRetry(lane, error)) return
      } catch (thrown) {
        reason = thrown
      }
    }
    const outcome = this.#cancellation === undefined ? 'failed' : 'cancelled'
    if (!this.#isPlain && !this.#isWanted(lane, outcome)) return
    if (this.#isOver) return
    this.#ended += 1
    this.#rejected(lane.index, reason)
  }

  observed(attempt: Attempt): void {
    const cancellation = this.#cancellation ?? this.#tracked?.cancellationOf(attempt.index)
    if (cancellation !== undefined) attempt.cancel(cancellation.reason)
    else this.#observed.set(attempt.index, attempt)
  }

  /** Rejects at once; what runs is told to stop, and keeps its lanes until it has ended. */
  abort(reason: unknown): void {
    this.#abandon(reason, 'cancelled')
  }

  /** As {@link abort}, with the executor. */
  destroy(error: unknown): void {
    this.#abandon(error, 'closed')
  }

  /** An output has been taken. */
  roomMade(): void {
    if (this.#isOpen && this.nextTurn === undefined) this.#offer()
  }

  /** Nobody wants more outputs: fulfilled when what runs has ended and the inputs are closed. */
  stop(reason: unknown): Promise<void> {
    this.#stopped ??= this.#stop(reason)
    return this.#stopped
  }

  async #stop(reason: unknown): Promise<void> {
    if (this.#isOver) return
    this.#shut()
    this.#dropWaiting('cancelled')
    const over = new Promise<void>((resolve) => {
      this.#onOver = resolve
    })
    this.#cancel(reason)
    try {
      await this.#source.close()
    } finally {
      this.#settle()
      await over
    }
  }

  #offer(): void {
    this.#scope.runInAsyncScope(this.#lanes.offer, this.#lanes, this, this)
  }

  #track(): TrackedItems {
    const { timeout, retry, releaseOnTimeout } = this.#call.settings
    return new TrackedItems(
      this.#host,
      { taskName: taskName(this.#fn), timeout, retry, releaseOnTimeout },
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
    const index = this.#started
    this.#started += 1
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
      if (!this.#isOpen || !this.#hasRoom) {
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
    this.#ended += 1
    this.#rejected(lane.index, error)
    return false
  }

  get #hasRoom(): boolean {
    return !this.#call.isBounded || this.#outputs.hasRoom(this.#started - this.#ended)
  }

  #hasNext(): boolean {
    try {
      if (this.#source.next()) return this.#isOpen // the iterable itself may have aborted the call
    } catch (error) {
      if (this.#isOpen) this.#fail(error)
      return false
    }
    if (this.#isOpen) {
      this.#shut()
      this.#settle()
    }
    return false
  }

  /** Out of turn until there is an input: its lane is free for others. */
  #pull(): void {
    this.#lanes.withdraw(this)
    this.#source.pull(this.#onPulled)
  }

  readonly #onPulled = (): void => {
    if (!this.#isOpen) return
    if (this.#source.hasEnded) {
      this.#hasNext()
      return
    }
    this.#pulledAt = this.#tracked?.now()
    this.#lanes.offer(this, this)
  }

  #timedOut(index: number, error: unknown): void {
    const attempt = this.#observed.get(index)
    this.#ended += 1
    attempt?.cancel(error)
    if (!this.#isOver) this.#rejected(index, error)
  }

  /** A function has ended: whether what it gave is still wanted. */
  #isWanted(lane: Lane, outcome: 'completed' | 'failed' | 'cancelled'): boolean {
    return this.#tracked === undefined || this.#tracked.ended(lane, outcome)
  }

  /** Whether failed inputs may be run again. */
  get #isGoing(): boolean {
    return !this.#isOver && this.#failure === undefined && this.#stopped === undefined
  }

  /** What is put off will not be run again. */
  #dropWaiting(outcome: 'cancelled' | 'closed'): void {
    if (this.#tracked !== undefined) this.#ended += this.#tracked.dropWaiting(outcome)
  }

  #rejected(index: number, error: unknown): void {
    if (
      this.#failure === undefined &&
      this.#stopped === undefined &&
      !this.#outputs.rejected(index, error)
    ) {
      this.#fail(error)
    } else if (this.#ended === this.#started) {
      this.#settle()
    }
  }

  #fail(error: unknown): void {
    this.#failure = { error }
    this.#shut()
    this.#dropWaiting('cancelled')
    const closed = this.#closeInputs()
    if (closed !== undefined) {
      this.#isClosing = true
      void closed.then(() => {
        this.#isClosing = false
        this.#settle()
      })
    }
    if (this.#call.onFailure === 'cancel') this.#cancel(error)
    this.#settle()
  }

  /** No more inputs are wanted. */
  #shut(): void {
    this.#isOpen = false
    this.#lanes.withdraw(this)
  }

  /** Undefined when there is nothing to wait for. What closing throws gives way to why it is closed. */
  #closeInputs(): Promise<unknown> | undefined {
    try {
      const answer = this.#source.close()
      return answer instanceof Promise ? answer.catch(ignore) : undefined
    } catch {
      return undefined
    }
  }

  #settle(): void {
    if (this.#isOver || this.#isOpen || this.#isClosing || this.#ended < this.#started) return
    this.#isOver = true
    if (this.#failure === undefined) this.#outputs.finished(this.#started)
    else this.#outputs.failed(this.#failure.error, false)
    this.#release()
  }

  #abandon(reason: unknown, outcome: 'cancelled' | 'closed'): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#shut()
    this.#tracked?.abandon(outcome)
    this.#cancel(reason)
    const reject = () => {
      this.#outputs.failed(reason, true)
      this.#release()
    }
    const closed = this.#closeInputs()
    if (closed === undefined || outcome === 'closed') reject()
    else void Promise.race([closed, oneTurn()]).then(reject) // most have closed by then
  }

  /** Tells what runs, and whatever of it asks later. */
  #cancel(reason: unknown): void {
    this.#cancellation ??= { reason }
    for (const attempt of [...this.#observed.values()]) attempt.cancel(reason)
  }

  #release(): void {
    const { signal } = this.#call.settings
    if (signal !== undefined) this.#host.signals.remove(signal, this)
    this.#lanes.dismiss(this)
    this.#onOver?.()
    this.#host.onSettled(this)
  }
}

function ignore(): void {}
