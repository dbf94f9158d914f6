/**
 * One call of `run`: a submission of one task, which is the call itself. Many of them wait at a time,
 * so each holds as little as it can; the `fork-join-heap` suite of the benchmarks tells how much.
 */
import { type LimitedCall, limit, unlimit } from './call-limits.ts'
import type { CallSettings, Transferable } from './call-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import {
  type Cancellation,
  type Outcome,
  Submission,
  type Task,
  type TaskThread,
} from './submission.ts'

/** What calls that follow one another mostly have in common. */
export interface RunKind {
  readonly dispatcher: Dispatcher
  readonly name: string
  readonly settings: CallSettings
}

export class RunCall extends Submission implements Task, LimitedCall {
  readonly input: unknown
  readonly submittedAt = performance.now()
  thread: TaskThread | undefined = undefined
  item = 0
  sendings = 0
  deaths = 0

  readonly #kind: RunKind
  readonly #resolve: (output: unknown) => void

  /** @param resolve Resolves the promise of the call; no `reject` goes with it. */
  constructor(kind: RunKind, input: unknown, resolve: (output: unknown) => void) {
    super()
    this.#kind = kind
    this.input = input
    this.#resolve = resolve
    limit(this, kind.settings)
  }

  get name(): string {
    return this.#kind.name
  }

  get settings(): CallSettings {
    return this.#kind.settings
  }

  get call(): Submission {
    return this
  }

  get transfer(): readonly Transferable[] {
    return this.#kind.settings.transfer
  }

  get index(): undefined {
    return undefined
  }

  get invocations(): number {
    return 1
  }

  get priority(): number {
    return this.#kind.settings.priority
  }

  get remaining(): number {
    return 1
  }

  get timeoutAdvice(): string | undefined {
    return this.#kind.dispatcher.openingAdvice
  }

  peek(): Task {
    return this
  }

  take(): void {}

  get mayHaveMore(): boolean {
    return false
  }

  takeBack(): void {}

  fulfil(output: unknown): void {
    this.#settle('completed', true)
    this.#resolve(output)
  }

  reject(error: unknown, outcome: Outcome, hasStarted: boolean): void {
    this.#settle(outcome, hasStarted)
    this.tell(error)
  }

  /** What it has rejected with. */
  protected tell(error: unknown): void {
    this.#resolve(Promise.reject(error)) // `reject` would be one more function to hold
  }

  fail(error: unknown, outcome: Outcome): void {
    this.reject(error, outcome, false)
  }

  runTime(): number {
    return this.thread?.runTime(this) ?? 0
  }

  get isInTransit(): boolean {
    return this.#kind.dispatcher.isFeeding
  }

  cancel(cancellation: Cancellation): void {
    if (this.thread === undefined) {
      this.#kind.dispatcher.remove(this)
      this.reject(cancellation.reason, cancellation.outcome, false)
    } else {
      this.thread.stop(this, cancellation)
    }
  }

  #settle(outcome: Outcome, hasStarted: boolean): void {
    const { dispatcher, settings } = this.#kind
    unlimit(this, settings)
    dispatcher.metrics.settled(outcome, hasStarted)
    dispatcher.settled(this)
  }
}
