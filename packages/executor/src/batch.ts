/** One call of `map`, `mapSettled`, `forEach` or `stream`: inputs in, lanes in between, outputs out. */
import { AsyncResource } from 'node:async_hooks'
import { TaskTimeoutError } from '@threeply/task'
import type { Abortable, AbortListeners } from './abort-listeners.ts'
import { Attempt, type AttemptOwner, type ItemContext } from './attempt.ts'
import { Deadline } from './deadline.ts'
import type { InputSource } from './input-source.ts'
import { type Lane, type Lanes, NOTHING, type Work } from './lanes.ts'
import { oneTurn } from './one-turn.ts'
import type { Outputs } from './outputs.ts'
import type { Recorder } from './recorder.ts'
import { taskName } from './task-name.ts'

/** What a batch shares with all others of its executor. */
export interface BatchHost {
  readonly lanes: Lanes
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
  /** The batch is settled; functions may still run for it if it was aborted. */
  readonly onSettled: (batch: Batch) => void
}

export interface BatchCall {
  readonly source: InputSource<unknown>
  readonly fn: (input: never, context: ItemContext) => unknown
  readonly outputs: Outputs
  /** Whether `outputs` may lack room. */
  readonly isBounded: boolean
  readonly signal: AbortSignal | undefined
  readonly timeout: number
  readonly priority: number
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
  /** Whether nothing but `fn` can keep an input from being started, and nothing is timed. */
  readonly #isPlain: boolean
  /** Whether each attempt has to be timed. */
  readonly #isTimed: boolean
  /** What runs and can be told that it is cancelled, or is timed. */
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
  #pulledAt = 0
  #onOver: (() => void) | undefined = undefined
  #stopped: Promise<void> | undefined = undefined

  constructor(host: BatchHost, call: BatchCall) {
    this.#host = host
    this.#lanes = host.lanes
    this.#call = call
    this.priority = call.priority
    this.#source = call.source
    this.#fn = call.fn
    this.#outputs = call.outputs
    this.#isTimed = host.recorder !== undefined || call.timeout !== Number.POSITIVE_INFINITY
    this.#isPlain = !this.#isTimed && !call.isBounded && call.source.isReady
  }

  start(): void {
    const { signal } = this.#call
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

  succeeded({ index }: Lane, output: unknown): void {
    if (this.#observed.size > 0 && !this.#isWanted(index, 'completed')) return
    if (this.#isOver) return
    this.#ended += 1
    this.#outputs.fulfilled(index, output)
    if (this.#ended === this.#started) this.#settle()
  }

  failed({ index }: Lane, error: unknown): void {
    const outcome = this.#cancellation === undefined ? 'failed' : 'cancelled'
    if (this.#observed.size > 0 && !this.#isWanted(index, outcome)) return
    if (this.#isOver) return
    this.#ended += 1
    this.#rejected(index, error)
  }

  observed(attempt: Attempt): void {
    if (this.#cancellation !== undefined) attempt.cancel(this.#cancellation.reason)
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

  /** Runs in the async context of the call. */
  #next(lane: Lane): unknown {
    if (!this.#isPlain && !this.#mayStart()) return NOTHING
    if (!this.#hasNext()) return NOTHING
    const index = this.#started
    this.#started += 1
    const attempt = new Attempt(this, index)
    lane.index = index
    if (!this.#isPlain && !this.#prepare(attempt)) return NOTHING
    try {
      const fn = this.#fn
      return fn(this.#source.value as never, attempt)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Whether there is room for an output, and an input at hand; leaves the turns if not. */
  #mayStart(): boolean {
    if (!this.#hasRoom) {
      this.#lanes.withdraw(this)
      return false
    }
    if (this.#source.isReady) return true
    this.#pull()
    return false
  }

  /** False when its time had run out before it could start. */
  #prepare(attempt: Attempt): boolean {
    if (this.#isTimed && !this.#time(attempt)) return false
    if (!this.#source.isReady && this.#lanes.hasRoom && this.#hasRoom) this.#pull()
    return true
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
    if (this.#isTimed) this.#pulledAt = this.#now()
    this.#lanes.offer(this, this)
  }

  /** Starts to time an attempt; false when its time had run out before it could start. */
  #time(attempt: Attempt): boolean {
    const { recorder } = this.#host
    const { timeout } = this.#call
    const startedAt = this.#now()
    const queuedAt = this.#pulledAt === 0 ? startedAt : this.#pulledAt
    recorder?.submitted()
    if (startedAt - queuedAt >= timeout) {
      recorder?.left(queuedAt)
      recorder?.settled('timed-out')
      const times = { timeout, queueTime: startedAt - queuedAt, runTime: 0 }
      this.#ended += 1
      this.#rejected(attempt.index, new TaskTimeoutError(taskName(this.#fn), times))
      return false
    }
    recorder?.left(queuedAt, startedAt)
    const deadline =
      timeout === Number.POSITIVE_INFINITY
        ? undefined
        : new Deadline(timeout - (startedAt - queuedAt), () => this.#timedOut(attempt))
    attempt.times = { queuedAt, startedAt, deadline, isSettled: false }
    this.#observed.set(attempt.index, attempt)
    return true
  }

  #timedOut(attempt: Attempt): void {
    const { times } = attempt
    if (times === undefined || times.isSettled) return
    times.isSettled = true
    this.#host.recorder?.settled('timed-out')
    const error = new TaskTimeoutError(taskName(this.#fn), {
      timeout: this.#call.timeout,
      queueTime: times.startedAt - times.queuedAt,
      runTime: this.#now() - times.startedAt,
    })
    this.#ended += 1
    attempt.cancel(error)
    if (!this.#isOver) this.#rejected(attempt.index, error)
  }

  /** A function has ended: whether what it gave is still wanted. */
  #isWanted(index: number, outcome: 'completed' | 'failed' | 'cancelled'): boolean {
    const times = this.#observed.get(index)?.times
    this.#observed.delete(index)
    if (times === undefined) return true
    times.deadline?.clear()
    this.#host.recorder?.ended(times.startedAt)
    if (times.isSettled) return false
    times.isSettled = true
    this.#host.recorder?.settled(outcome)
    return true
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
    for (const { times } of this.#observed.values()) {
      if (times === undefined || times.isSettled) continue
      times.isSettled = true
      times.deadline?.clear()
      this.#host.recorder?.settled(outcome)
    }
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
    const { signal } = this.#call
    if (signal !== undefined) this.#host.signals.remove(signal, this)
    this.#lanes.dismiss(this)
    this.#onOver?.()
    this.#host.onSettled(this)
  }

  #now(): number {
    return this.#host.recorder?.now() ?? performance.now()
  }
}

function ignore(): void {}
