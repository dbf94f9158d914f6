/**
 * One call that has many inputs: a submission of one task for each of them. It makes no promise for
 * an input, takes inputs only when a thread can have them, and gives outputs to where they belong.
 */
import { setImmediate } from 'node:timers'
import type { AliasGuard } from './alias-guard.ts'
import { type LimitedCall, limit, unlimit } from './call-limits.ts'
import type { CallSettings, Transferable } from './call-options.ts'
import type { Chunk } from './chunk.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { InputSource, Patience } from './input-source.ts'
import { MapReader, type ReadingCall } from './map-reader.ts'
import { MapRoom } from './map-room.ts'
import { MapTask } from './map-task.ts'
import { MAX_INPUTS } from './message-limits.ts'
import type { Outputs } from './outputs.ts'
import { RangeChunk } from './range-chunk.ts'
import { SourceEnd } from './source-end.ts'
import { type Cancellation, type Outcome, Submission, type Task } from './submission.ts'
import { transferablesIn } from './transferables.ts'

const NOTHING: readonly Transferable[] = []

/** What a call consists of. */
export interface MapParts {
  readonly name: string
  readonly settings: CallSettings
  readonly source: InputSource
  readonly outputs: Outputs
  /** Called before it is settled. */
  readonly onSettled: () => void
}

export class MapCall extends Submission implements LimitedCall {
  readonly name: string
  readonly settings: CallSettings
  readonly submittedAt = performance.now()

  readonly #dispatcher: Dispatcher
  readonly #source: InputSource
  readonly #outputs: Outputs
  readonly #onSettled: () => void
  readonly #room: MapRoom
  readonly #reader: MapReader

  /** What is to be moved, wherever in the inputs it is. */
  readonly #transfer: ReadonlySet<Transferable> | undefined
  /** The task that was looked at, and those that came back; they come before the source. */
  #upNext: MapTask | undefined
  readonly #returned: MapTask[] = []
  #inFlight = 0
  #startedAt: number | undefined
  #failure: { readonly error: unknown } | undefined
  readonly #sourceEnd = new SourceEnd()
  #hasSettled = false
  #left: Promise<void> | undefined
  #onLeft: (() => void) | undefined

  constructor(dispatcher: Dispatcher, { name, settings, source, outputs, onSettled }: MapParts) {
    super()
    this.#dispatcher = dispatcher
    this.name = name
    this.settings = settings
    this.#source = source
    this.#outputs = outputs
    this.#onSettled = onSettled
    this.#room = new MapRoom(dispatcher.work, () => this.pullable)
    this.#reader = new MapReader(source, this.#room, this.#whileReading())
    this.#transfer = settings.transfer.length > 0 ? new Set(settings.transfer) : undefined
    limit(this, settings)
  }

  get priority(): number {
    return this.settings.priority
  }

  get remaining(): number {
    return this.#held + Math.min(this.#source.remaining, this.pullable)
  }

  get timeoutAdvice(): string {
    const advice = 'The timeout is that of the whole call: raise it, or give it fewer inputs.'
    return this.#dispatcher.openingAdvice ?? advice
  }

  /** How many inputs more may be pulled. */
  get pullable(): number {
    return this.#outputs.room(this.#inFlight + this.#held)
  }

  peek(): Task | undefined {
    this.#upNext ??= this.#returned.pop() ?? this.#read()
    if (this.#upNext === undefined) this.#settleIfDone()
    return this.#upNext
  }

  take(): void {
    this.#upNext = undefined
    this.#inFlight += 1
    this.#startedAt ??= performance.now()
  }

  override get readsInputs(): boolean {
    return true
  }

  override get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Unless each may have something of its own: what is moved, what came back, values to be folded. */
  override get isRange(): boolean {
    return this.#transfer === undefined && this.#held === 0 && !this.settings.folds
  }

  override takeRange(most: number, cost: number, guard: AliasGuard): Chunk | undefined {
    const inputs: unknown[] = []
    const isApart = this.#reader.fill(inputs, most, guard)
    const count = inputs.length
    const index = this.#outputs.open(count)
    this.#dispatcher.metrics.submitted(count)
    if (this.#failure !== undefined) {
      this.#giveUp(count)
      return undefined
    }
    if (isApart) this.#upNext = this.#newTask()
    if (count === 0) return undefined
    this.#startedAt ??= performance.now()
    return new RangeChunk(this, index, inputs, cost * count)
  }

  get mayHaveMore(): boolean {
    return this.#held > 0 || this.#reader.mayHaveMore
  }

  takeBack(task: MapTask): void {
    this.#inFlight -= 1
    if (this.#upNext !== undefined) this.#returned.push(this.#upNext)
    this.#upNext = task
    if (this.#failure !== undefined) this.#dropUpNext()
    this.#settleIfDone()
  }

  /** There are inputs again, or there will be none. */
  onInput(): void {
    if (this.#hasSettled) return
    this.#reader.notice() // now, not when a thread asks
    if (this.#failure === undefined && this.remaining > 0) this.#dispatcher.submit(this)
    else this.#settleIfDone()
  }

  /** An output was taken. */
  onRoom(): void {
    if (this.#failure === undefined && this.#room.regain()) this.onInput()
  }

  fulfil(index: number, output: unknown): void {
    this.#inFlight -= 1
    this.#dispatcher.metrics.settled('completed', true)
    if (this.#failure === undefined) this.#outputs.fulfil(index, output)
    this.#settleIfDone()
  }

  /** Fulfils the input with the place `index`, and those behind it, with `count` outputs from `from` on. */
  fulfilRange(index: number, outputs: readonly unknown[], from: number, count: number): void {
    this.#dispatcher.metrics.settled('completed', true, count)
    for (let nth = 0; nth < count; nth += 1) {
      // One by one: a reader who takes one makes room, for which inputs are asked, that may have ended.
      this.#inFlight -= 1
      if (this.#failure === undefined) this.#outputs.fulfil(index + nth, outputs[from + nth])
    }
    this.#settleIfDone()
  }

  reject(index: number, error: unknown, outcome: Outcome, hasStarted: boolean): void {
    this.#inFlight -= 1
    this.#dispatcher.metrics.settled(outcome, hasStarted)
    if (this.#failure === undefined && this.#outputs.takeFailures) {
      this.#outputs.reject(index, error)
      this.#settleIfDone()
    } else {
      this.#end(error, false)
    }
  }

  fail(error: unknown, outcome: Outcome): void {
    if (outcome === 'failed' && this.#outputs.takeFailures) this.#failWaiting(error)
    else {
      this.#sourceEnd.abandon()
      this.#end(error, outcome === 'closed')
    }
  }

  cancel({ reason }: Cancellation): void {
    this.#sourceEnd.abandon()
    this.#end(reason, true)
  }

  get isInTransit(): boolean {
    return this.#dispatcher.isFeeding && !this.#reader.isReading
  }

  /**
   * Nobody wants more outputs. Fulfils when what runs has ended and the inputs are closed.
   * @throws What closing the inputs throws.
   */
  async leave(reason: unknown): Promise<void> {
    if (this.#left === undefined) {
      if (this.#hasSettled) return
      this.#left = new Promise((resolve) => {
        this.#onLeft = resolve
      })
      this.#end(reason, true)
    }
    await this.#left
    if (this.#sourceEnd.failure !== undefined) throw this.#sourceEnd.failure.error
  }

  runTime(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt
  }

  get #held(): number {
    return (this.#upNext === undefined ? 0 : 1) + this.#returned.length
  }

  /** Settles the call when nothing of it is left anywhere. */
  #settleIfDone(): void {
    if (this.#inFlight > 0 || this.#sourceEnd.isClosing || this.#hasSettled) return
    if (this.#reader.isReading) return // what is being read is on its way too
    if (this.#failure === undefined && this.#held > 0) return
    if (this.#failure === undefined && this.#source.remaining > 0) {
      this.#room.stall()
      return
    }
    this.#hasSettled = true
    this.#room.resume()
    unlimit(this, this.settings)
    this.#dispatcher.settled(this)
    this.#onSettled()
    if (this.#failure !== undefined) this.#outputs.fail(this.#failure.error)
    else this.#outputs.finish()
    this.#onLeft?.()
  }

  /** The first failure counts: what has not started never will, what runs is asked to end. */
  #end(error: unknown, isAborted: boolean): void {
    if (this.#failure === undefined && !this.#hasSettled) {
      this.#failure = { error }
      this.#outputs.failing(isAborted)
      this.#sourceEnd.close(this.#source, this.#patience(isAborted), () => this.#settleIfDone())
      this.#dropUpNext()
      const reason = new DOMException('The call that this task is part of has ended', 'AbortError')
      this.#dispatcher.stopAll(this, { reason, outcome: 'cancelled' })
    }
    this.#settleIfDone()
  }

  /** How long the call waits for its inputs to close. */
  #patience(isAborted: boolean): Patience {
    if (this.#onLeft !== undefined) return 'as a loop'
    return isAborted ? 'a turn' : 'a while'
  }

  #dropUpNext(): void {
    if (this.#upNext !== undefined) this.#returned.push(this.#upNext)
    this.#upNext = undefined
    for (const _task of this.#returned.splice(0)) {
      this.#dispatcher.metrics.settled('cancelled', false)
    }
  }

  /** No thread can start: fails as many of its inputs as can be told now, the rest as they come. */
  #failWaiting(error: unknown): void {
    const most = Math.min(this.remaining, MAX_INPUTS)
    for (let failed = 0; failed < most; failed += 1) {
      const task = this.peek()
      if (task === undefined) return
      this.take()
      task.reject(error, 'failed', false)
    }
    if (this.remaining > 0) setImmediate(() => this.onInput())
  }

  /** The source has ended the call while it was read: what was read before will not start either. */
  #giveUp(count: number): void {
    this.#inFlight -= count
    this.#dispatcher.metrics.settled('cancelled', false, count)
    this.#settleIfDone()
  }

  #whileReading(): ReadingCall {
    return {
      hasFailed: () => this.hasFailed,
      took: (count) => {
        this.#inFlight += count
      },
      fail: (error) => this.#end(error, false),
    }
  }

  #read(): MapTask | undefined {
    return this.#reader.next() ? this.#newTask() : undefined
  }

  /** Of the input that was read last. */
  #newTask(): MapTask {
    const { value } = this.#reader
    const moved = this.#transfer === undefined ? NOTHING : transferablesIn(value, this.#transfer)
    this.#dispatcher.metrics.submitted()
    return new MapTask(this, this.#outputs.open(1), value, moved)
  }
}
