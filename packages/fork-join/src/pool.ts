/** A pool of threads that tasks of a module are forked onto, and joined from. */
import { clearTimeout, setTimeout } from 'node:timers'
import {
  ClosedError,
  type OutputStream,
  type TaskArguments,
  type TaskInput,
  type TaskModule,
  type TaskOutput,
} from '@threeply/task'
import {
  checkDuration,
  checkOptionNames,
  LONGEST_TIMER,
  taskModuleUrl,
} from '@threeply/task/runner'
import { Admission } from './admission.ts'
import type {
  BroadcastOptions,
  MapOptions,
  ReduceOptions,
  RunOptions,
  StreamOptions,
} from './call-options.ts'
import { Calls } from './calls.ts'
import { Dispatcher } from './dispatcher.ts'
import type { TaskName } from './fork-context.ts'
import type { Inputs } from './input-source.ts'
import { checkPoolOptions, type ForkJoinPoolOptions } from './pool-options.ts'
import type { Operand, ReducerName } from './reducer-types.ts'
import { checkScope, type Scope, ScopeCall, type ScopeOptions } from './scope.ts'

/** Options of {@link ForkJoinPool.close}. */
export interface CloseOptions {
  /** After so many milliseconds, what is left is destroyed. @default Infinity */
  readonly deadline?: number | undefined
}

/**
 * Runs tasks of one module on a bounded number of threads. Each accepted task settles exactly once,
 * whatever dies. An idle pool does not keep the process alive; accepted work does.
 * @example
 * await using pool = new ForkJoinPool<typeof import('./tasks.js')>(
 *   new URL('./tasks.js', import.meta.url), { threads: 4 })
 * const counts = await pool.map('wordCount', texts)
 */
export class ForkJoinPool<Tasks extends object = TaskModule> {
  readonly #dispatcher: Dispatcher
  readonly #admission: Admission
  readonly #calls: Calls
  #closing: Promise<void> | undefined
  #destroying: Promise<void> | undefined

  /**
   * Starts no thread before there is work, unless `threads.min` says so.
   * @param module The task module: a `URL`, a `file:` or `data:` URL as a string, or an absolute path.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad option, or one that there is not
   */
  constructor(module: URL | string, options: ForkJoinPoolOptions = {}) {
    const url = taskModuleUrl('ForkJoinPool', module)
    const settings = checkPoolOptions(options)
    this.#dispatcher = new Dispatcher(url, settings)
    this.#admission = new Admission(this.#dispatcher, settings)
    this.#calls = new Calls(this.#dispatcher, this.#admission)
  }

  /**
   * Runs the task `name` on a thread, and gives its output. Those that wait start by priority, and
   * in the order of their submission. Input and output are cloned, the input when it is sent: do not
   * change it before. Cost: one message there and back, which calls of one tick share.
   *
   * Aborting: a task that has not started never does, and rejects at once; one that runs is asked to
   * end by its `signal` and `cancelled()`, and rejects when it has, or when its `grace` is over and
   * its thread is gone.
   * @throws What the task throws, as an instance of the same class as far as this side has it.
   * @throws {TaskTimeoutError} ERR_THREEPLY_TIMEOUT: `timeout` ran out
   * @throws {ThreadExitError} ERR_THREEPLY_THREAD_EXIT: its thread died while running it
   * @throws {TaskNotFoundError} ERR_THREEPLY_TASK_NOT_FOUND: the module has no such task
   * @throws {TaskModuleError} ERR_THREEPLY_TASK_MODULE: the module cannot be loaded
   * @throws {TaskSerializationError} ERR_THREEPLY_SERIALIZATION: input or output cannot be cloned
   * @throws {QueueFullError} ERR_THREEPLY_QUEUE_FULL: `queueLimit` calls wait already
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the pool is closed or destroyed
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad option
   * @example const counts = await pool.run('wordCount', text, { timeout: 1_000 })
   */
  run<Name extends TaskName<Tasks>>(
    name: Name,
    ...[input, options]: TaskArguments<Tasks, Name, RunOptions>
  ): Promise<TaskOutput<Tasks, Name>> {
    return this.#calls.run(name, input, options) as Promise<TaskOutput<Tasks, Name>>
  }

  /**
   * Runs the task `name` for each input; outputs come in the order of the inputs. Inputs are pulled
   * when a thread can have them, and travel in chunks whose size follows the measured cost of the
   * task. Memory: the outputs, and the inputs of two chunks a thread.
   *
   * The first failure stops pulling, cancels the rest, waits until what runs has ended, and is what
   * this rejects with; its `task.index` tells the input. So do an abort and a timeout, which is for
   * the whole call. `transfer` lists what is to be moved, wherever in the inputs it is.
   * @throws As {@link run}, and what the iterable throws.
   * @example const counts = await pool.map('wordCount', texts)
   */
  map<Name extends TaskName<Tasks>>(
    name: Name,
    inputs: Inputs<TaskInput<Tasks, Name>>,
    options?: MapOptions,
  ): Promise<TaskOutput<Tasks, Name>[]> {
    return this.#calls.map(name, inputs, options) as Promise<TaskOutput<Tasks, Name>[]>
  }

  /**
   * As {@link map}, but a failure of a task is one of the results: fulfilled when all inputs have
   * been run. Only a failure of the iterable, an abort, the `timeout` and `destroy` reject.
   * @example const results = await pool.mapSettled('wordCount', texts)
   */
  mapSettled<Name extends TaskName<Tasks>>(
    name: Name,
    inputs: Inputs<TaskInput<Tasks, Name>>,
    options?: MapOptions,
  ): Promise<PromiseSettledResult<TaskOutput<Tasks, Name>>[]> {
    return this.#calls.mapSettled(name, inputs, options) as Promise<
      PromiseSettledResult<TaskOutput<Tasks, Name>>[]
    >
  }

  /**
   * As {@link map}, yielding the outputs while the rest runs: as they complete, or in the order of
   * the inputs. It begins, and is accepted or refused, when the first output is asked for; `timeout`
   * counts from then. A reader that is slow stops the pulling: at most `readAhead` outputs wait
   * beside two chunks a thread. While nothing goes on without its reader, it does not keep the process
   * alive.
   *
   * Leaving the loop stops the pulling, cancels what runs, waits for its end, and closes the
   * iterable. After a failure what can still be yielded is, and then the error is thrown; after an
   * abort or a timeout it is thrown as soon as what runs has ended.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: at once; all else when reading
   * @example for await (const counts of pool.stream('wordCount', texts)) add(counts)
   */
  stream<Name extends TaskName<Tasks>>(
    name: Name,
    inputs: Inputs<TaskInput<Tasks, Name>>,
    options: StreamOptions & { readonly indexed: true },
  ): OutputStream<[index: number, output: TaskOutput<Tasks, Name>]>
  stream<Name extends TaskName<Tasks>>(
    name: Name,
    inputs: Inputs<TaskInput<Tasks, Name>>,
    options?: StreamOptions & { readonly indexed?: false | undefined },
  ): OutputStream<TaskOutput<Tasks, Name>>
  stream<Name extends TaskName<Tasks>>(
    name: Name,
    inputs: Inputs<TaskInput<Tasks, Name>>,
    options?: StreamOptions,
  ): OutputStream<TaskOutput<Tasks, Name> | [index: number, output: TaskOutput<Tasks, Name>]>
  stream(name: string, inputs: unknown, options?: StreamOptions): OutputStream<unknown> {
    return this.#calls.stream(name, inputs, options)
  }

  /**
   * Joins all inputs into one value with the task `name`, which takes two of them, `[left, right]`,
   * and gives one. It must be associative: `((a b) c)` is `(a (b c))`; it need not be commutative, as
   * the order of the inputs is kept. Values side by side are folded on the threads as they come
   * about, many in one message while there are many. Memory: the inputs of two chunks a thread, and
   * about as many values. Of one input that very input comes back: no task runs, and nothing is cloned.
   *
   * Failures, aborting and `timeout` are as of {@link map}; `task.index` tells the first of the
   * inputs that were being joined.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: there are no inputs, and no `initial`
   * @example const total = await pool.reduce('mergeCounts', counts)
   */
  reduce<Name extends ReducerName<Tasks>>(
    name: Name,
    inputs: Inputs<Operand<Tasks, Name>>,
    options?: ReduceOptions<Operand<Tasks, Name>>,
  ): Promise<Operand<Tasks, Name>> {
    return this.#calls.reduce(name, inputs, options) as Promise<Operand<Tasks, Name>>
  }

  /**
   * Runs the task `name` once on each thread that there may be; those that are missing are started.
   * It goes before what waits. A thread that starts later, as the successor of another, has not run
   * it: what every thread needs belongs into `setup`.
   *
   * A failure keeps none of the others from running; when all have ended, this rejects with it.
   * @returns One output a thread, in no order that means anything.
   * @throws As {@link run}.
   * @example await pool.broadcast('forget', 'prices')
   */
  broadcast<Name extends TaskName<Tasks>>(
    name: Name,
    ...[input, options]: TaskArguments<Tasks, Name, BroadcastOptions>
  ): Promise<TaskOutput<Tasks, Name>[]> {
    return this.#calls.broadcast(name, input, options) as Promise<TaskOutput<Tasks, Name>[]>
  }

  /**
   * Runs `body`, which forks children with what it is given, and returns only when it and all of them
   * have ended. A child that nobody awaits is waited for, and observed, all the same.
   * @throws By `policy`: the first failure; an `AggregateError`. Once aborted, always `signal.reason`.
   * @throws {TaskTimeoutError} ERR_THREEPLY_TIMEOUT: `timeout` ran out, counted from the start
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the pool is closed. A scope that was open before may
   * go on forking, and `close` waits for it.
   * @example
   * const sum = await pool.scope(async ({ fork }) => {
   *   const left = fork('sum', a), right = fork('sum', b)
   *   return (await left) + (await right)
   * })
   */
  scope<Output = unknown>(
    body: (scope: Scope<Tasks>) => unknown,
    options: ScopeOptions & { readonly policy: 'any' },
  ): Promise<Output>
  scope<Value>(
    body: (scope: Scope<Tasks>) => Value | PromiseLike<Value>,
    options?: ScopeOptions & { readonly policy?: 'all' | 'settled' | undefined },
  ): Promise<Value>
  scope(body: (scope: Scope<Tasks>) => unknown, options: ScopeOptions): Promise<unknown>
  async scope(body: (scope: Scope<Tasks>) => unknown, options?: ScopeOptions): Promise<unknown> {
    const settings = checkScope(body, options)
    this.#admission.checkOpen('scope')
    settings.signal?.throwIfAborted()
    const call = new ScopeCall(this.#calls, settings)
    this.#calls.open(call)
    try {
      return await call.run(body as (scope: Scope<never>) => unknown)
    } finally {
      this.#calls.ended(call)
    }
  }

  /**
   * Starts all threads that there may be, and waits until each has loaded the task module and run its
   * `setup`, so that no task waits for that. Those above `threads.min` may end again when they have
   * been idle for `idleTimeout`.
   * @throws {TaskModuleError} ERR_THREEPLY_TASK_MODULE: the module cannot be loaded, or its `setup` fails
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the pool is closed, or destroyed meanwhile
   * @example await pool.warmUp()
   */
  async warmUp(): Promise<void> {
    this.#admission.checkOpen('warmUp')
    this.#dispatcher.work.add()
    try {
      await this.#dispatcher.warmUp()
    } finally {
      this.#dispatcher.work.done()
    }
  }

  /**
   * Accepts nothing more, waits for all accepted work however it ends, and ends the threads. May be
   * called again; a further deadline counts too.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad option; the pool stays open
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkOptionNames('close', options, ['deadline'])
    const { deadline = Number.POSITIVE_INFINITY }: CloseOptions = options
    checkDuration('close', 'deadline', deadline)
    this.#closing ??= this.#close()
    const timer =
      deadline <= LONGEST_TIMER
        ? setTimeout(() => void this.#end(afterDeadline(deadline)), deadline)
        : undefined
    await this.#closing
    clearTimeout(timer)
  }

  /**
   * Accepts nothing more, rejects all accepted work with a `ClosedError` at once, and terminates the
   * threads, whatever they are doing. Fulfils when they are gone.
   */
  async destroy(): Promise<void> {
    await this.#end(
      'the pool was destroyed before this had ended. Use close() to wait for accepted work.',
    )
  }

  async #end(message: string): Promise<void> {
    this.#destroying ??= this.#destroy(message)
    this.#closing ??= this.#destroying
    await this.#destroying
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#admission.close()
    this.#calls.hold()
    await this.#dispatcher.work.none()
    this.#dispatcher.work.add() // lives until its threads are gone
    await this.#dispatcher.close()
    this.#dispatcher.work.done()
    this.#dispatcher.work.end()
  }

  async #destroy(message: string): Promise<void> {
    const error = new ClosedError(message)
    this.#dispatcher.work.add() // lives until its threads are gone
    this.#admission.close()
    if (this.#dispatcher.isFeeding) await undefined // an input destroys it: let that reach its thread
    this.#admission.destroy(error)
    this.#calls.fail(error)
    await this.#dispatcher.destroy(error)
    this.#dispatcher.work.done()
    if (this.#dispatcher.work.count === 0) this.#dispatcher.work.end()
  }
}

function afterDeadline(deadline: number): string {
  return (
    `the pool was closed, and this had not ended by its deadline of ${deadline} ms. ` +
    'Give close() more, or no `deadline`, to wait for accepted work.'
  )
}
