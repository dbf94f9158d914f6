/** Many async operations on one thread, a bounded number in flight. */
import { ClosedError, type OutputStream } from '@threeply/task'
import { AbortListeners } from './abort-listeners.ts'
import type { ItemContext, RunContext } from './attempt.ts'
import {
  type CallDefaults,
  type MapOptions,
  type MapSettledOptions,
  type RunOptions,
  runSettings,
  type StreamOptions,
} from './call-options.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { Deadline } from './deadline.ts'
import {
  type AsyncExecutorOptions,
  type CloseOptions,
  checkSize,
  closeDeadline,
  executorSettings,
} from './executor-options.ts'
import type { Inputs } from './input-source.ts'
import { Levels } from './levels.ts'
import { OpenCalls } from './open-calls.ts'
import { CollectedOutputs, DroppedOutputs, SettledOutputs } from './outputs.ts'
import { rateLimit } from './rate-limit.ts'
import { Recorder } from './recorder.ts'

/**
 * Runs functions with at most `concurrency` of them in flight, whoever submitted them: all calls of
 * one executor share the limit and take turns at it.
 *
 * A function runs in the async context (`AsyncLocalStorage`) of the call that submitted it. It
 * cannot be stopped from outside: a call that is aborted or times out rejects at once, the
 * function's `signal` is aborted, and its slot stays taken until it has ended.
 * @example
 * const executor = new AsyncExecutor({ concurrency: 32 })
 * const pages = await executor.map(urls, (url, { signal }) => fetch(url, { signal }))
 */
export class AsyncExecutor implements AsyncDisposable {
  readonly #limit: ConcurrencyLimit
  readonly #calls: OpenCalls
  readonly #defaults: CallDefaults
  readonly #levels: Levels
  /** What calls are rejected with since it was destroyed. */
  #destroyed: ClosedError | undefined

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
  constructor(options: AsyncExecutorOptions) {
    const settings = executorSettings(options)
    const { rate, metrics, releaseOnTimeout, reentrant, retryBudget } = settings
    const recorder = metrics === undefined ? undefined : new Recorder(metrics)
    const limit = new ConcurrencyLimit(settings, recorder)
    this.#limit = limit
    this.#calls = new OpenCalls(() => this.running > 0)
    this.#defaults = { releaseOnTimeout, limit, retryBudget }
    this.#levels = new Levels({
      owner: this,
      limit,
      calls: this.#calls,
      signals: new AbortListeners(),
      recorder,
      defaults: this.#defaults,
      rate: rate && rateLimit(rate),
      queue: settings,
      reentrant,
    })
  }

  /**
   * How many functions run at the same time. Raising it takes effect at once; after lowering it, as
   * many more run as were running, until they end. With `adaptive` it moves by itself, and setting it
   * moves it there, from where it adapts anew.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: set to what is no limit
   */
  get concurrency(): number {
    return this.#limit.value
  }

  set concurrency(concurrency: number) {
    this.#limit.value = concurrency
  }

  /** Functions that have started and not ended, those of aborted calls included. */
  get running(): number {
    return this.#levels.running
  }

  /** Functions that outlived their timeout, gave their slot back (`releaseOnTimeout`), and still run. */
  get zombies(): number {
    return this.#levels.released
  }

  /** Calls of `run` that have not started, or wait to be tried again. Inputs of `map` are not pulled before they can run. */
  get waiting(): number {
    return this.#levels.waiting
  }

  /**
   * Runs `fn` when there is a slot for it, the highest priority first, and in it first come,
   * first served; while maps have inputs to run, they and the calls of `run` take turns. Costs some
   * 260 bytes while it waits, its promise included.
   *
   * Aborting: a queued call leaves the queue at once and in constant time; a running one rejects at
   * once. Both reject with `signal.reason`.
   * @returns What `fn` gives, or a rejection with the very error that it throws.
   * @throws {TaskTimeoutError} ERR_THREEPLY_TIMEOUT: `timeout` ran out, queued or running
   * @throws {QueueFullError} ERR_THREEPLY_QUEUE_FULL: `queueLimit` calls wait already
   * @throws {TaskDroppedError} ERR_THREEPLY_DROPPED: removed by `clear`, or for a newer call
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the executor is closed, or was destroyed meanwhile
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
   * @example const page = await executor.run(({ signal }) => fetch(url, { signal }), { timeout: 5_000 })
   */
  run<Output>(fn: (context: RunContext) => Output, options?: RunOptions): Promise<Awaited<Output>> {
    return this.#levels.here.runs.run(fn, options) as Promise<Awaited<Output>>
  }

  /**
   * Makes a function that does what `fn` does, under the limit: each call of it is a {@link run}
   * with the same arguments. Cheaper than a closure around each call. `fn` gets no context.
   * @param options What {@link run} takes, for each of its calls.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: at once
   * @example const limitedFetch = executor.wrap(fetch)
   */
  wrap<Args extends unknown[], Output>(
    fn: (...args: Args) => Output,
    options?: RunOptions,
  ): (...args: Args) => Promise<Awaited<Output>> {
    const wrapped = { fn, settings: runSettings('wrap', fn, options, this.#defaults) }
    return (...args) => this.#levels.here.runs.call(wrapped, args) as Promise<Awaited<Output>>
  }

  /**
   * Runs `fn` for each input; outputs come in the order of the inputs. Inputs are pulled when they
   * can run, one at a time, so that memory holds the outputs and as many inputs as are in flight.
   *
   * The first failure, of `fn` or of the iterable, stops the pulling, closes the iterable, cancels
   * what runs or lets it finish (`onFailure`), waits for its end, and is what the call rejects
   * with. Waiting ends with a function's own `timeout` too.
   * Aborting: rejects with `signal.reason` at once.
   * @throws {TaskTimeoutError} ERR_THREEPLY_TIMEOUT: an input's `timeout` ran out
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the executor is closed, or was destroyed meanwhile
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
   * @example const sizes = await executor.map(files, async (file) => (await stat(file)).size)
   */
  map<Input, Output>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => Output,
    options?: MapOptions,
  ): Promise<Awaited<Output>[]> {
    return this.#levels.here.batches.collect(
      { method: 'map', inputs, fn, options },
      CollectedOutputs<Awaited<Output>>,
    )
  }

  /**
   * As {@link map}, but a failure of `fn` is one of the results: fulfilled when all inputs have been
   * run. Only a failure of the iterable, an abort or `destroy` reject.
   * @example const results = await executor.mapSettled(urls, fetchTitle, { timeout: 2_000 })
   */
  mapSettled<Input, Output>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => Output,
    options?: MapSettledOptions,
  ): Promise<PromiseSettledResult<Awaited<Output>>[]> {
    return this.#levels.here.batches.collect(
      { method: 'mapSettled', inputs, fn, options },
      SettledOutputs<Awaited<Output>>,
    )
  }

  /**
   * As {@link map}, without the outputs: constant memory for any number of inputs.
   * @example await executor.forEach(readLines(file), (line) => insert(line))
   */
  forEach<Input>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => unknown,
    options?: MapOptions,
  ): Promise<void> {
    return this.#levels.here.batches.collect(
      { method: 'forEach', inputs, fn, options },
      DroppedOutputs,
    )
  }

  /**
   * As {@link map}, yielding the outputs while the rest runs: as they complete, or in the order of
   * the inputs. Begins when the first output is asked for. A reader that is slow stops the pulling:
   * in flight and not yet taken are at most `concurrency + readAhead`; `readAhead` alone where the
   * concurrency is `Infinity`.
   *
   * Leaving the loop stops the pulling, cancels what runs, waits for its end, and closes the
   * iterable. After a failure what can still be yielded is, and then the error is thrown.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: at once; all else when reading
   * @example for await (const page of executor.stream(urls, fetchPage)) await save(page)
   */
  stream<Input, Output>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => Output,
    options: StreamOptions & { readonly indexed: true },
  ): OutputStream<[index: number, output: Awaited<Output>]>
  stream<Input, Output>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => Output,
    options?: StreamOptions & { readonly indexed?: false | undefined },
  ): OutputStream<Awaited<Output>>
  stream<Input, Output>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => Output,
    options?: StreamOptions,
  ): OutputStream<Awaited<Output> | [index: number, output: Awaited<Output>]>
  stream<Input>(
    inputs: Inputs<Input>,
    fn: (input: Input, context: ItemContext) => unknown,
    options?: StreamOptions,
  ): OutputStream<unknown> {
    return this.#levels.here.batches.stream(
      { method: 'stream', inputs, fn, options },
      () => this.concurrency,
    )
  }

  /**
   * Fulfilled as soon as no call is open and no function runs; at once if that is so now.
   * @example await executor.onIdle()
   */
  onIdle(): Promise<void> {
    return this.#calls.idle()
  }

  /**
   * Fulfilled as soon as fewer than `size` calls of `run` wait; at once if that is so now. What a
   * producer awaits before it submits more. With `reentrant`, those that wait for the same slots as
   * a call made here.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
   * @example await executor.onSizeBelow(1_000)
   */
  async onSizeBelow(size: number): Promise<void> {
    checkSize(size)
    await this.#levels.here.runs.sizeBelow(size)
  }

  /** Starts nothing more, of `run` and of maps alike, until {@link resume}; what runs runs on. */
  pause(): void {
    this.#levels.pause()
  }

  resume(): void {
    this.#levels.resume()
  }

  /**
   * Rejects all calls of `run` that wait with `TaskDroppedError`. Maps and streams go on: their
   * inputs have not been pulled; abort them.
   */
  clear(): void {
    this.#levels.clear()
  }

  /**
   * Takes no more calls, and waits for all that were accepted, functions of aborted calls included,
   * and with `reentrant` the calls that these functions make. While the executor is paused, for
   * ever: resume it, or give a deadline.
   * @param options.deadline Milliseconds after which it destroys what is left.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
   * @example await executor.close({ deadline: 10_000 })
   */
  async close(options?: CloseOptions): Promise<void> {
    const delay = closeDeadline(options)
    this.#calls.close()
    if (this.#destroyed !== undefined) return
    const deadline = new Deadline(delay, () => void this.destroy())
    await this.#calls.idle()
    deadline.clear()
  }

  /**
   * Takes no more calls, and rejects all that were accepted with {@link ClosedError}. Functions
   * that run are told by their signal, and not waited for.
   */
  async destroy(): Promise<void> {
    this.#calls.destroy()
    if (this.#destroyed !== undefined) return
    const error = new ClosedError(
      'The executor was destroyed before this call had ended. Its function may still be running.',
    )
    this.#destroyed = error
    this.#levels.destroy(error)
    this.#calls.abandon()
  }

  /** {@link close}s. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
