/** A pool of threads that tasks of a module are forked onto, and joined from. */
import {
  ClosedError,
  QueueFullError,
  type TaskArguments,
  type TaskInput,
  type TaskModule,
  type TaskName,
  type TaskOutput,
} from '@threeply/task'
import {
  checkDuration,
  checkOptionNames,
  invalidOption,
  LONGEST_TIMER,
  taskModuleUrl,
} from '@threeply/task/runner'
import {
  type CallSettings,
  checkCallOptions,
  defaultSettings,
  type MapOptions,
  type RunOptions,
} from './call-options.ts'
import { Dispatcher } from './dispatcher.ts'
import { MapCall } from './map-call.ts'
import { checkPoolOptions, type ForkJoinPoolOptions, type PoolSettings } from './pool-options.ts'
import { RunCall } from './run-call.ts'
import { checkScope, type Scope, ScopeCall, type ScopeOptions } from './scope.ts'

/** Options of {@link ForkJoinPool.close}. */
export interface CloseOptions {
  /** After so many milliseconds, what is left is destroyed. @default Infinity */
  readonly deadline?: number | undefined
}

/** A call that may be pending while nothing of it is queued or on a thread. */
interface OpenCall {
  fail(error: unknown, outcome: 'closed'): void
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
  readonly #settings: PoolSettings
  readonly #defaults: CallSettings
  readonly #dispatcher: Dispatcher
  readonly #open = new Set<OpenCall>()
  #closing: Promise<void> | undefined
  #destroying: Promise<void> | undefined

  /**
   * Starts no thread before there is work, unless `threads.min` says so.
   * @param module The task module: a `URL`, a `file:` or `data:` URL as a string, or an absolute path.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad option, or one that there is not
   */
  constructor(module: URL | string, options: ForkJoinPoolOptions = {}) {
    const url = taskModuleUrl('ForkJoinPool', module)
    this.#settings = checkPoolOptions(options)
    this.#defaults = defaultSettings(this.#settings.grace)
    this.#dispatcher = new Dispatcher(url, this.#settings)
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
    return this.#run(name, input, options, this.#closing !== undefined) as Promise<
      TaskOutput<Tasks, Name>
    >
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
    inputs: Iterable<TaskInput<Tasks, Name>> | AsyncIterable<TaskInput<Tasks, Name>>,
    options?: MapOptions,
  ): Promise<TaskOutput<Tasks, Name>[]> {
    return this.#map(name, inputs, options, this.#closing !== undefined) as Promise<
      TaskOutput<Tasks, Name>[]
    >
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
    options?: ScopeOptions,
  ): Promise<Value>
  async scope(body: (scope: Scope<Tasks>) => unknown, options?: ScopeOptions): Promise<unknown> {
    const settings = checkScope(body, options)
    if (this.#closing !== undefined) throw closedError('scope')
    settings.signal?.throwIfAborted()
    const host = {
      run: (name: string, input: unknown, all: RunOptions) => this.#run(name, input, all, false),
      map: (name: string, inputs: unknown, all: MapOptions) => this.#map(name, inputs, all, false),
    }
    const call = new ScopeCall(host, settings)
    this.#open.add(call)
    this.#dispatcher.work.add()
    try {
      return await call.run(body as (scope: Scope<never>) => unknown)
    } finally {
      this.#open.delete(call)
      this.#dispatcher.work.done()
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
    if (this.#closing !== undefined) throw closedError('warmUp')
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
      deadline <= LONGEST_TIMER ? setTimeout(() => void this.destroy(), deadline) : undefined
    await this.#closing
    clearTimeout(timer)
  }

  /**
   * Accepts nothing more, rejects all accepted work with a `ClosedError` at once, and terminates the
   * threads, whatever they are doing. Fulfils when they are gone.
   */
  async destroy(): Promise<void> {
    this.#destroying ??= this.#destroy()
    this.#closing ??= this.#destroying
    await this.#destroying
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #run(
    name: string,
    input: unknown,
    options: RunOptions | undefined,
    isClosed: boolean,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settings = this.#check('run', name, options, isClosed)
      const call = new RunCall(this.#dispatcher, name, input, settings, resolve, reject)
      this.#dispatcher.metrics.submitted()
      this.#dispatcher.work.add()
      this.#dispatcher.submit(call)
    })
  }

  #map(
    name: string,
    inputs: unknown,
    options: MapOptions | undefined,
    isClosed: boolean,
  ): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const settings = this.#check('map', name, options, isClosed)
      const onSettled = () => this.#open.delete(call)
      const call = new MapCall(this.#dispatcher, name, inputs, settings, {
        resolve,
        reject,
        onSettled,
      })
      this.#open.add(call)
      this.#dispatcher.work.add()
      this.#dispatcher.submit(call)
    })
  }

  /** Throws what a call is refused with. */
  #check(
    method: string,
    name: unknown,
    options: MapOptions | undefined,
    isClosed: boolean,
  ): CallSettings {
    if (typeof name !== 'string') throw invalidOption(method, 'name', name, 'the name of a task')
    const settings = checkCallOptions(method, options, this.#defaults)
    if (isClosed || this.#destroying !== undefined) {
      this.#dispatcher.metrics.refused('closed')
      throw closedError(name)
    }
    if (settings.signal?.aborted) {
      this.#dispatcher.metrics.refused('cancelled')
      throw settings.signal.reason
    }
    const { queueLimit, overflow } = this.#settings
    if (overflow === 'reject' && !this.#dispatcher.hasRoom(queueLimit)) {
      this.#dispatcher.metrics.refused('refused')
      throw new QueueFullError(name, queueLimit)
    }
    return settings
  }

  async #close(): Promise<void> {
    await this.#dispatcher.work.none()
    this.#dispatcher.work.add() // lives until its threads are gone
    await this.#dispatcher.close()
    this.#dispatcher.work.done()
    this.#dispatcher.work.end()
  }

  async #destroy(): Promise<void> {
    const error = new ClosedError(
      'the pool was destroyed before this had ended. Use close() to wait for accepted work.',
    )
    this.#dispatcher.work.add() // lives until its threads are gone
    for (const call of this.#open) call.fail(error, 'closed')
    await this.#dispatcher.destroy(error)
    this.#dispatcher.work.done()
    if (this.#dispatcher.work.count === 0) this.#dispatcher.work.end()
  }
}

function closedError(name: string): ClosedError {
  return new ClosedError(
    `'${name}' was refused: the pool is closed. Submit before close() or destroy(), or to another pool.`,
  )
}
