/** A runner under test, as the contract knows it: by the interface of its methods alone. */
import { afterAll, onTestFinished } from 'vitest'

/** The options of a call; a runner ignores those that it does not have. */
export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeout?: number
  readonly transfer?: readonly ArrayBuffer[]
  readonly priority?: number
  /** Always 1 where a test counts what runs, so that no input waits in another's message. */
  readonly chunkSize?: number
}

export interface StreamOptions extends CallOptions {
  readonly order?: 'completion' | 'input'
  readonly readAhead?: number
  readonly indexed?: boolean
}

/** What a runner, or the adapter around it, has. What is optional is said by {@link Capabilities}. */
export interface ContractRunner {
  run(name: string, input?: unknown, options?: CallOptions): Promise<unknown>
  map?(name: string, inputs: Inputs, options?: CallOptions): Promise<unknown[]>
  mapSettled?(
    name: string,
    inputs: Inputs,
    options?: CallOptions,
  ): Promise<PromiseSettledResult<unknown>[]>
  stream?(name: string, inputs: Inputs, options?: StreamOptions): AsyncIterable<unknown>
  /** `shutdown` of a detached runner. */
  close(options?: { readonly deadline?: number }): Promise<unknown>
  destroy?(): Promise<unknown>
  [Symbol.asyncDispose](): PromiseLike<void>
}

export type Inputs = Iterable<unknown> | AsyncIterable<unknown>

/**
 * What a test asks of a new runner. An adapter maps `concurrency` to its own name and passes the
 * rest on untouched, unknown names included, since the contract says how those are refused.
 */
export interface RunnerOptions {
  /** How many tasks may run at once: `threads` of a pool; a runner without a limit ignores it. */
  readonly concurrency: number
  /** Only given to a runner that crosses threads. */
  readonly grace?: number
  readonly queueLimit?: number
  readonly overflow?: 'wait'
}

/**
 * Makes the runner under test for a task module.
 * @param module The URL of a task module; in tests of bad input, anything. A runner that takes
 * functions runs `inlineTask(name)` instead, and ignores it.
 */
export type MakeRunner = (module: URL, options: RunnerOptions) => ContractRunner

/** What differs between runners by contract. Whatever is left out, the runner has. */
export interface Capabilities {
  /**
   * Tasks run on other threads, and are found in a task module by name. Without: they are functions
   * that run on the caller's thread, and fail with their own very errors.
   */
  readonly crossesThreads?: boolean
  /** No more than `concurrency` tasks run at once, and the others wait. Without: each starts at once. */
  readonly bounded?: boolean
  /** `timeout` among a call's options. */
  readonly timeout?: boolean
  readonly map?: boolean
  readonly mapSettled?: boolean
  readonly stream?: boolean
  readonly queueLimit?: boolean
  /** `overflow: 'wait'`. */
  readonly overflow?: boolean
  readonly priority?: boolean
  /** `close` waits for accepted work. Without: it asks it to stop, as a detached runner's `shutdown`. */
  readonly closeWaits?: boolean
  /** `close({ deadline })`. */
  readonly deadline?: boolean
  readonly destroy?: boolean
  /**
   * How many tasks a test may submit to see that many go well.
   * @default 2,000; 20 where each starts at once
   */
  readonly crowd?: number
  /**
   * How many tasks of a `stream` with `chunkSize: 1` may be pulled and not ended, at a concurrency.
   * @default the concurrency itself, twice that on threads, which have one at hand beside the running
   */
  readonly inFlight?: (concurrency: number) => number
  /**
   * A module that exports `makeRunner`, for the tests that need a process of their own: that the
   * process ends by itself. Without: they are skipped, and reported so.
   */
  readonly adapter?: URL
}

/** The runner under test, for the tests of one promise. */
export interface Subject {
  readonly can: Required<Omit<Capabilities, 'adapter'>> & { readonly adapter: URL | undefined }
  /** A runner that ends with the test. */
  make(options?: Partial<RunnerOptions>, module?: unknown): ContractRunner
  /** One runner for all tests that leave it as it was: a new one for each would start its threads. */
  shared(): ContractRunner
}

const TASKS = new URL('./tasks.ts', import.meta.url)

export function makeSubject(makeRunner: MakeRunner, capabilities: Capabilities): Subject {
  const { crossesThreads = true, bounded = true } = capabilities
  const can: Subject['can'] = {
    crossesThreads,
    bounded,
    crowd: bounded ? 2_000 : 20,
    timeout: true,
    map: true,
    mapSettled: true,
    stream: true,
    queueLimit: true,
    overflow: true,
    priority: true,
    closeWaits: true,
    deadline: true,
    destroy: true,
    inFlight: (concurrency) => (crossesThreads ? 2 * concurrency : concurrency),
    adapter: undefined,
    ...capabilities,
  }
  let shared: ContractRunner | undefined
  afterAll(async () => await end(shared))
  return {
    can,
    make(options, module = TASKS) {
      const runner = makeRunner(module as URL, { concurrency: 2, ...options })
      onTestFinished(async () => await end(runner))
      return runner
    },
    shared() {
      shared ??= makeRunner(TASKS, { concurrency: 2 })
      return shared
    },
  }
}

async function end(runner: ContractRunner | undefined): Promise<void> {
  await (runner?.destroy === undefined ? runner?.close() : runner.destroy())
}
