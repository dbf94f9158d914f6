/** The context that a task gets on a thread of the pool. */
import type { TaskModule } from '@threeply/task'
import { type CancellationFlag, ThreadTaskContext } from '@threeply/task/runner'
import type { ForkContext } from './fork-context.ts'

type Fork = ForkContext<TaskModule>['fork']
type Map = ForkContext<TaskModule>['map']

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

export class ThreadForkContext extends ThreadTaskContext implements ForkContext<TaskModule> {
  readonly item: number
  readonly #host: ForkHost
  readonly #sharedCarried: Readonly<Record<string, unknown>> | undefined
  #carried: Readonly<Record<string, unknown>> | undefined

  constructor(
    item: number,
    flag: CancellationFlag,
    onProgress: (value: unknown) => void,
    host: ForkHost,
    carried: Readonly<Record<string, unknown>> | undefined,
  ) {
    super(flag, onProgress)
    this.item = item
    this.#host = host
    this.#sharedCarried = carried
  }

  /** A clone for each task, as those that have travelled together share nothing. */
  get carried(): Readonly<Record<string, unknown>> {
    this.#carried ??= structuredClone(this.#sharedCarried ?? {})
    return this.#carried
  }

  // Functions of their own, not methods, so that a task may take them apart: `({ fork, map }) => …`.
  get fork(): Fork {
    return (name, input, options) => this.#host.fork(this, 'fork', name, input, options)
  }

  get map(): Map {
    return (name, inputs, options) =>
      this.#host.fork(this, 'map', name, inputs, options) as Promise<unknown[]>
  }
}
