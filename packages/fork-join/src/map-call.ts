/**
 * One call of `map`: a submission of one task for each input. It makes no promise for an input, takes
 * inputs only when a thread can have them, and writes outputs to their places in one array.
 */
import { type LimitedCall, limit } from './call-limits.ts'
import type { CallSettings } from './call-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import { InputSource } from './input-source.ts'
import type { PoolThread } from './pool-thread.ts'
import { type Cancellation, type Outcome, Submission, type Task } from './submission.ts'

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

  readonly #outputs: unknown[] = []
  #index = 0
  /** What comes before the source: the task that was looked at, and those that came back. */
  readonly #upNext: MapTask[] = []
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
    this.#unlimit = limit(this, settings)
  }

  get priority(): number {
    return this.settings.priority
  }

  get remaining(): number {
    return this.#upNext.length + this.#source.remaining
  }

  peek(): Task | undefined {
    if (this.#upNext.length === 0) this.#read()
    if (this.#upNext.length === 0) this.#settleIfDone()
    return this.#upNext.at(-1)
  }

  take(): boolean {
    this.#upNext.pop()
    this.#inFlight += 1
    this.#startedAt ??= performance.now()
    return this.remaining > 0
  }

  takeBack(task: MapTask): void {
    this.#inFlight -= 1
    if (this.#failure === undefined) this.#upNext.push(task)
    else this.#settleIfDone()
  }

  fulfil(index: number, output: unknown): void {
    this.#outputs[index] = output
    this.#inFlight -= 1
    this.#settleIfDone()
  }

  reject(error: unknown, _outcome: Outcome): void {
    this.#inFlight -= 1
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
      this.#upNext.length = 0
      const reason = new DOMException('The map that this task is part of has ended', 'AbortError')
      this.#dispatcher.stopAll(this, { reason, outcome: 'cancelled' })
    }
    this.#settleIfDone()
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

  #read(): void {
    try {
      const input = this.#source.next()
      if (input === undefined || this.#failure !== undefined) return
      this.#upNext.push(new MapTask(this, this.#index, input.value))
      this.#index += 1
    } catch (error) {
      this.#end(error)
    }
  }
}

class MapTask implements Task {
  readonly call: MapCall
  readonly index: number
  readonly input: unknown
  thread: PoolThread | undefined = undefined
  item = 0
  sendings = 0
  deaths = 0
  cancellation: Cancellation | undefined = undefined

  constructor(call: MapCall, index: number, input: unknown) {
    this.call = call
    this.index = index
    this.input = input
  }

  get name(): string {
    return this.call.name
  }

  fulfil(output: unknown): void {
    this.call.fulfil(this.index, output)
  }

  reject(error: unknown, outcome: Outcome): void {
    this.call.reject(error, outcome)
  }
}
