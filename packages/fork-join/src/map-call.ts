/**
 * One call of `map`: a submission of one task for each input. It makes no promise for an input, takes
 * inputs only when a thread can have them, and writes outputs to their places in one array.
 */
import { type LimitedCall, limit } from './call-limits.ts'
import type { CallSettings, Transferable } from './call-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import { InputSource } from './input-source.ts'
import {
  type Cancellation,
  type Outcome,
  Submission,
  type Task,
  type TaskThread,
} from './submission.ts'
import { transferablesIn } from './transferables.ts'

const NOTHING: readonly Transferable[] = []

/** Who waits for the call. */
export interface MapSettlement {
  resolve(outputs: unknown[]): void
  reject(error: unknown): void
  /** Either of them is about to be called. */
  onSettled(): void
}

export class MapCall extends Submission implements LimitedCall {
  readonly name: string
  readonly settings: CallSettings
  readonly submittedAt = performance.now()

  readonly #dispatcher: Dispatcher
  readonly #source: InputSource
  readonly #settle: MapSettlement
  readonly #unlimit: (() => void) | undefined

  /** What is to be moved, wherever in the inputs it is. */
  readonly #transfer: ReadonlySet<Transferable> | undefined
  readonly #outputs: unknown[] = []
  /** The task that was looked at, and those that came back; they come before the source. */
  #upNext: MapTask | undefined
  readonly #returned: MapTask[] = []
  #inFlight = 0
  #startedAt: number | undefined
  #failure: { readonly error: unknown } | undefined
  #isClosing = false
  #hasSettled = false

  constructor(
    dispatcher: Dispatcher,
    name: string,
    inputs: unknown,
    settings: CallSettings,
    settle: MapSettlement,
  ) {
    super()
    this.#dispatcher = dispatcher
    this.name = name
    this.settings = settings
    this.#settle = settle
    this.#source = InputSource.of(
      'map',
      inputs,
      () => this.#onInput(),
      () => dispatcher.readAhead(name),
    )
    this.#transfer = settings.transfer.length > 0 ? new Set(settings.transfer) : undefined
    this.#unlimit = limit(this, settings)
  }

  /** What is moved with an input. */
  transferOf(input: unknown): readonly Transferable[] {
    return this.#transfer === undefined ? NOTHING : transferablesIn(input, this.#transfer)
  }

  get priority(): number {
    return this.settings.priority
  }

  get remaining(): number {
    return (this.#upNext === undefined ? 0 : 1) + this.#returned.length + this.#source.remaining
  }

  peek(): Task | undefined {
    this.#upNext ??= this.#returned.length > 0 ? this.#returned.pop() : this.#read()
    if (this.#upNext === undefined) this.#settleIfDone()
    return this.#upNext
  }

  take(): boolean {
    this.#upNext = undefined
    this.#inFlight += 1
    this.#startedAt ??= performance.now()
    return this.remaining > 0
  }

  takeBack(task: MapTask): void {
    this.#inFlight -= 1
    if (this.#upNext !== undefined) this.#returned.push(this.#upNext)
    this.#upNext = task
    if (this.#failure !== undefined) this.#dropUpNext()
    this.#settleIfDone()
  }

  fulfil(index: number, output: unknown): void {
    this.#outputs[index] = output
    this.#inFlight -= 1
    this.#dispatcher.metrics.settled('completed', true)
    this.#settleIfDone()
  }

  reject(error: unknown, outcome: Outcome, hasStarted: boolean): void {
    this.#inFlight -= 1
    this.#dispatcher.metrics.settled(outcome, hasStarted)
    this.#end(error)
  }

  fail(error: unknown): void {
    this.#end(error)
  }

  cancel({ reason }: Cancellation): void {
    this.#end(reason)
  }

  runTime(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt
  }

  /** Settles the call when nothing of it is left anywhere. */
  #settleIfDone(): void {
    if (this.#inFlight > 0 || this.#isClosing || this.#hasSettled) return
    if (this.#failure === undefined && this.remaining > 0) return
    this.#hasSettled = true
    this.#unlimit?.()
    this.#dispatcher.work.done()
    this.#settle.onSettled()
    if (this.#failure !== undefined) this.#settle.reject(this.#failure.error)
    else this.#settle.resolve(this.#outputs)
  }

  /** The first failure counts: what has not started never will, what runs is asked to end. */
  #end(error: unknown): void {
    if (this.#failure === undefined && !this.#hasSettled) {
      this.#failure = { error }
      void this.#closeSource(this.#source.stop())
      this.#dropUpNext()
      const reason = new DOMException('The map that this task is part of has ended', 'AbortError')
      this.#dispatcher.stopAll(this, { reason, outcome: 'cancelled' })
    }
    this.#settleIfDone()
  }

  #dropUpNext(): void {
    if (this.#upNext !== undefined) this.#returned.push(this.#upNext)
    this.#upNext = undefined
    for (const _task of this.#returned.splice(0)) {
      this.#dispatcher.metrics.settled('cancelled', false)
    }
  }

  async #closeSource(closed: Promise<void> | undefined): Promise<void> {
    if (closed === undefined) return
    this.#isClosing = true
    await closed
    this.#isClosing = false
    this.#settleIfDone()
  }

  #onInput(): void {
    if (this.#hasSettled) return
    if (this.remaining > 0) this.#dispatcher.submit(this)
    else this.#settleIfDone()
  }

  #read(): MapTask | undefined {
    try {
      if (!this.#source.next() || this.#failure !== undefined) return undefined
    } catch (error) {
      this.#end(error)
      return undefined
    }
    const task = new MapTask(this, this.#outputs.length, this.#source.value)
    this.#outputs.push(undefined) // in order, as an array with a gap would become a slow one
    this.#dispatcher.metrics.submitted()
    return task
  }
}

class MapTask implements Task {
  readonly call: MapCall
  readonly index: number
  readonly input: unknown
  thread: TaskThread | undefined = undefined
  item = 0
  sendings = 0
  deaths = 0

  constructor(call: MapCall, index: number, input: unknown) {
    this.call = call
    this.index = index
    this.input = input
  }

  get name(): string {
    return this.call.name
  }

  get transfer(): readonly Transferable[] {
    return this.call.transferOf(this.input)
  }

  fulfil(output: unknown): void {
    this.call.fulfil(this.index, output)
  }

  reject(error: unknown, outcome: Outcome, hasStarted: boolean): void {
    this.call.reject(error, outcome, hasStarted)
  }
}
