/** The context that a task gets on a thread of the pool. */
import type { TaskContext, TaskModule } from '@threeply/task'
import { ThreadTaskContext } from '@threeply/task/runner'
import type { ForkContext } from '../fork-context.ts'
import type { ItemState, ItemStates } from '../item-states.ts'

type ForkFunction = ForkContext<TaskModule>['fork']
type MapFunction = ForkContext<TaskModule>['map']

export type ForkMethod = 'fork' | 'map'

/** Who carries out what the context is asked for. */
export interface ForkHost {
  fork(
    context: ThreadForkContext,
    method: ForkMethod,
    name: unknown,
    input: unknown,
    options: unknown,
  ): Promise<unknown>
}

/** What the contexts of tasks that have travelled together have in common. */
export interface SharedContext {
  readonly states: ItemStates
  readonly forks: ForkHost
  readonly carried: Readonly<Record<string, unknown>> | undefined
  onProgress(item: number, value: unknown): void
}

const NOTHING: readonly unknown[] = []

/**
 * Made for each task, so it is small and derives from nothing, which would double what it costs. Most
 * of it comes about when it is asked for: a task that only computes does not pay for it.
 */
export class ThreadForkContext implements ForkContext<TaskModule> {
  readonly item: number
  readonly #shared: SharedContext
  #state: ItemState | undefined
  #own: ThreadTaskContext | undefined
  #carried: Readonly<Record<string, unknown>> | undefined

  constructor(item: number, shared: SharedContext) {
    this.item = item
    this.#shared = shared
    this.#state = undefined
    this.#own = undefined
    this.#carried = undefined
  }

  get signal(): AbortSignal {
    return this.#context.signal
  }

  get cancelled(): () => boolean {
    return this.#context.cancelled
  }

  get throwIfCancelled(): () => void {
    return this.#context.throwIfCancelled
  }

  get progress(): (value: unknown) => void {
    return this.#context.progress
  }

  get transfer(): TaskContext['transfer'] {
    return this.#context.transfer
  }

  /** A clone for each task, as those that have travelled together share nothing. */
  get carried(): Readonly<Record<string, unknown>> {
    this.#carried ??= structuredClone(this.#shared.carried ?? {})
    return this.#carried
  }

  // Functions of their own, not methods, so that a task may take them apart: `({ fork, map }) => …`.
  get fork(): ForkFunction {
    return (name, input, options) => this.#shared.forks.fork(this, 'fork', name, input, options)
  }

  get map(): MapFunction {
    return (name, inputs, options) =>
      this.#shared.forks.fork(this, 'map', name, inputs, options) as Promise<unknown[]>
  }

  /** For the thread, as all below: its words. To be asked for before it forks, and while it runs. */
  get state(): ItemState {
    this.#state ??= this.#shared.states.at(this.item)
    return this.#state
  }

  /** The parent's message has come, with the reason. */
  cancel(reason: unknown): void {
    this.#context.cancel(reason)
  }

  /** What is to be moved with the output. */
  get transferred(): readonly unknown[] {
    return this.#own?.transferred ?? NOTHING
  }

  /** What was to be moved stays, as its output does. */
  transferNothing(): void {
    this.#own?.transferNothing()
  }

  get #context(): ThreadTaskContext {
    this.#own ??= new ThreadTaskContext(this.state, (value) =>
      this.#shared.onProgress(this.item, value),
    )
    return this.#own
  }
}
