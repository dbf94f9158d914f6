/** One call of `run`: a submission of one task, which is the call itself. */
import { type LimitedCall, limit } from './call-limits.ts'
import type { CallSettings, Transferable } from './call-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import {
  type Cancellation,
  type Outcome,
  Submission,
  type Task,
  type TaskThread,
} from './submission.ts'

export class RunCall extends Submission implements Task, LimitedCall {
  readonly name: string
  readonly input: unknown
  readonly settings: CallSettings
  readonly submittedAt = performance.now()
  thread: TaskThread | undefined = undefined
  item = 0
  sendings = 0
  deaths = 0

  readonly #dispatcher: Dispatcher
  readonly #resolve: (output: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly #unlimit: (() => void) | undefined

  constructor(
    dispatcher: Dispatcher,
    name: string,
    input: unknown,
    settings: CallSettings,
    resolve: (output: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super()
    this.#dispatcher = dispatcher
    this.name = name
    this.input = input
    this.settings = settings
    this.#resolve = resolve
    this.#reject = reject
    this.#unlimit = limit(this, settings)
  }

  get call(): Submission {
    return this
  }

  get transfer(): readonly Transferable[] {
    return this.settings.transfer
  }

  get index(): undefined {
    return undefined
  }

  get priority(): number {
    return this.settings.priority
  }

  get remaining(): number {
    return 1
  }

  peek(): Task {
    return this
  }

  take(): boolean {
    return false
  }

  takeBack(): void {}

  fulfil(output: unknown): void {
    this.#settle('completed', true)
    this.#resolve(output)
  }

  reject(error: unknown, outcome: Outcome, hasStarted: boolean): void {
    this.#settle(outcome, hasStarted)
    this.#reject(error)
  }

  fail(error: unknown, outcome: Outcome): void {
    this.reject(error, outcome, false)
  }

  runTime(): number {
    return this.thread?.runTime(this) ?? 0
  }

  cancel(cancellation: Cancellation): void {
    if (this.thread === undefined) {
      this.#dispatcher.remove(this)
      this.reject(cancellation.reason, cancellation.outcome, false)
    } else {
      this.thread.stop(this, cancellation)
    }
  }

  #settle(outcome: Outcome, hasStarted: boolean): void {
    this.#unlimit?.()
    this.#dispatcher.metrics.settled(outcome, hasStarted)
    this.#dispatcher.work.done()
  }
}
