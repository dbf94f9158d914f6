/**
 * The smallest runner that keeps the contract on its caller's thread. It is here to show that the
 * suite can be passed, and what each test asks for; speed is none of its business.
 */
import { ClosedError, QueueFullError, TaskTimeoutError } from '@threeply/task'
import {
  checkChoice,
  checkDuration,
  checkOptionNames,
  checkSignal,
  checkWholeNumber,
  invalidOption,
  LONGEST_TIMER,
} from '@threeply/task/runner'
import { inlineTask } from '../src/inline-task.ts'
import type { CallOptions, Inputs, MakeRunner, StreamOptions } from '../src/subject.ts'

type Task = (input: unknown, context: { signal: AbortSignal }) => unknown

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** One call: from its submission until the function has ended, which may be after it has settled. */
interface Call {
  readonly name: string
  readonly start: (signal: AbortSignal) => unknown
  readonly priority: number
  readonly submitted: number
  readonly controller: AbortController
  readonly settled: Deferred<unknown>
  /** Fulfilled when the function has ended. */
  readonly ended: Deferred<void>
  started: number | undefined
  cancel: (reason: unknown) => void
}

class InlineRunner {
  readonly #concurrency: number
  readonly #queueLimit: number
  readonly #overflow: string
  readonly #waiting: Call[] = []
  readonly #calls = new Set<Call>()
  #running = 0
  #closed = false

  constructor(options: unknown) {
    checkOptionNames('InlineRunner', options, ['concurrency', 'queueLimit', 'overflow'])
    const { concurrency, queueLimit = Infinity, overflow = 'reject' } = options
    checkWholeNumber('InlineRunner', 'concurrency', concurrency, { minimum: 1, orInfinity: true })
    checkWholeNumber('InlineRunner', 'queueLimit', queueLimit, { minimum: 0, orInfinity: true })
    checkChoice('InlineRunner', 'overflow', overflow, ['reject', 'wait'])
    this.#concurrency = concurrency
    this.#queueLimit = queueLimit
    this.#overflow = overflow
  }

  async run(name: string, input?: unknown, options: CallOptions = {}): Promise<unknown> {
    const task: Task = inlineTask(name)
    return await this.#submit(name, (signal) => task(input, { signal }), options).settled.promise
  }

  async map(name: string, inputs: Inputs, options: CallOptions = {}): Promise<unknown[]> {
    const outputs: unknown[] = []
    const all = { ...options, indexed: true, order: 'input', readAhead: Infinity } as const
    for await (const pair of this.stream(name, inputs, all)) {
      const [index, output] = pair as [number, unknown]
      outputs[index] = output
    }
    return outputs
  }

  async mapSettled(
    name: string,
    inputs: Inputs,
    options: CallOptions = {},
  ): Promise<PromiseSettledResult<unknown>[]> {
    const task: Task = inlineTask(name)
    const settle: Task = (input, context) =>
      Promise.allSettled([new Promise((resolve) => resolve(task(input, context)))])
    const all = { ...options, order: 'input' } as const
    const results: PromiseSettledResult<unknown>[] = []
    for await (const [result] of this.#stream(name, settle, inputs, all) as AsyncIterable<
      PromiseSettledResult<unknown>[]
    >) {
      results.push(result!)
    }
    return results
  }

  stream(name: string, inputs: Inputs, options: StreamOptions = {}): AsyncIterable<unknown> {
    return this.#stream(name, inlineTask(name), inputs, options)
  }

  async close({ deadline }: { readonly deadline?: number } = {}): Promise<void> {
    if (deadline !== undefined) checkDuration('close', 'deadline', deadline)
    this.#closed = true
    const timer =
      deadline === undefined
        ? undefined
        : setTimeout(() => void this.destroy(), Math.min(deadline, LONGEST_TIMER))
    await Promise.allSettled([...this.#calls].map((call) => call.settled.promise))
    clearTimeout(timer)
  }

  async destroy(): Promise<void> {
    this.#closed = true
    for (const call of this.#calls) call.cancel(new ClosedError('the runner was destroyed'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #submit(
    name: string,
    start: Call['start'],
    { signal, timeout = Infinity, priority = 0 }: CallOptions,
  ): Call {
    if (signal !== undefined) checkSignal('run', 'signal', signal)
    checkDuration('run', 'timeout', timeout)
    if (typeof priority !== 'number') throw invalidOption('run', 'priority', priority, 'a number')
    if (this.#closed) throw new ClosedError('the runner is closed')
    signal?.throwIfAborted()
    const canStart = this.#running < this.#concurrency
    if (!canStart && this.#waiting.length >= this.#queueLimit && this.#overflow === 'reject') {
      throw new QueueFullError(name, this.#queueLimit)
    }
    const submitted = performance.now()
    const controller = new AbortController()
    const settled = deferred<unknown>()
    const call: Call = {
      name,
      start,
      priority,
      submitted,
      controller,
      settled,
      ended: deferred(),
      started: undefined,
      cancel: (reason) => {
        const at = this.#waiting.indexOf(call)
        if (at >= 0) this.#waiting.splice(at, 1)
        settled.reject(reason)
        controller.abort(reason)
      },
    }
    const onAbort = () => call.cancel(signal!.reason)
    signal?.addEventListener('abort', onAbort)
    const timer =
      timeout <= LONGEST_TIMER
        ? setTimeout(() => call.cancel(timeoutError(call, timeout)), timeout)
        : undefined
    const release = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#calls.delete(call)
    }
    settled.promise.then(release, release)
    this.#calls.add(call)
    const behind = this.#waiting.findIndex((other) => other.priority < priority)
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, call)
    this.#next()
    return call
  }

  #next(): void {
    while (this.#running < this.#concurrency && this.#waiting.length > 0) {
      const call = this.#waiting.shift()!
      this.#running += 1
      call.started = performance.now()
      void this.#execute(call)
    }
  }

  async #execute({ start, controller, settled, ended }: Call): Promise<void> {
    try {
      settled.resolve(await start(controller.signal))
    } catch (thrown) {
      settled.reject(thrown)
    }
    ended.resolve()
    this.#running -= 1
    this.#next()
  }

  async *#stream(
    name: string,
    task: Task,
    inputs: Inputs,
    options: StreamOptions,
  ): AsyncGenerator<unknown> {
    const { signal, order = 'completion', readAhead = this.#concurrency, indexed = false } = options
    this.#submitNothing(options)
    const iterator = iteratorOf(inputs)
    const own = new AbortController()
    const inFlight = new Map<number, { call: Call; done: Promise<unknown> }>()
    const ready: { index: number; output: unknown }[] = []
    const aborted = deferred<never>()
    aborted.promise.catch(() => {}) // raced below; a stream that nobody aborts never settles it
    const onAbort = () => {
      own.abort(signal!.reason)
      aborted.reject(signal!.reason)
    }
    signal?.addEventListener('abort', onAbort)
    let pulled = 0
    let wanted = 0
    let ended = false
    try {
      while (!ended || inFlight.size > 0 || ready.length > 0) {
        while (!ended && inFlight.size < this.#concurrency && ready.length < readAhead) {
          const { done, value } = await Promise.race([iterator.next(), aborted.promise])
          if (done === true) {
            ended = true
            break
          }
          const index = pulled
          pulled += 1
          const call = this.#submit(name, (inner) => task(value, { signal: inner }), {
            signal: own.signal,
          })
          const finished = call.settled.promise.then((output: unknown) => {
            ready.push({ index, output })
            inFlight.delete(index)
          })
          finished.catch(() => {}) // raced below
          inFlight.set(index, { call, done: finished })
          signal?.throwIfAborted()
        }
        const at = order === 'input' ? ready.findIndex(({ index }) => index === wanted) : 0
        const next = ready[at]
        if (next !== undefined) {
          ready.splice(at, 1)
          wanted += 1
          yield indexed ? [next.index, next.output] : next.output
        } else if (inFlight.size > 0) {
          await Promise.race([aborted.promise, ...[...inFlight.values()].map(({ done }) => done)])
        }
      }
    } catch (thrown) {
      own.abort(new DOMException('another failed', 'AbortError'))
      const started = [...inFlight.values()].filter(({ call }) => call.started !== undefined)
      if (signal?.aborted !== true && !this.#closed) {
        await Promise.all(started.map(({ call }) => call.ended.promise))
      }
      throw thrown
    } finally {
      signal?.removeEventListener('abort', onAbort)
      own.abort(new DOMException('the stream has ended', 'AbortError'))
      if (!ended) void iterator.return?.()
    }
  }

  /** The checks of a submission, for a call that may have no inputs. */
  #submitNothing({ signal, timeout = Infinity, priority = 0 }: CallOptions): void {
    if (signal !== undefined) checkSignal('stream', 'signal', signal)
    checkDuration('stream', 'timeout', timeout)
    if (typeof priority !== 'number')
      throw invalidOption('stream', 'priority', priority, 'a number')
    if (this.#closed) throw new ClosedError('the runner is closed')
    signal?.throwIfAborted()
  }
}

export const makeRunner: MakeRunner = (_module, options) => new InlineRunner(options)

function timeoutError({ name, submitted, started }: Call, timeout: number): TaskTimeoutError {
  const now = performance.now()
  return new TaskTimeoutError(name, {
    timeout,
    queueTime: (started ?? now) - submitted,
    runTime: started === undefined ? 0 : now - started,
  })
}

function iteratorOf(inputs: Inputs): Iterator<unknown> | AsyncIterator<unknown> {
  if (inputs !== null && inputs !== undefined) {
    if (Symbol.asyncIterator in Object(inputs)) {
      return (inputs as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    }
    if (Symbol.iterator in Object(inputs)) return (inputs as Iterable<unknown>)[Symbol.iterator]()
  }
  throw invalidOption('map', 'inputs', inputs, 'an iterable')
}

function deferred<T>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve']
  let reject!: Deferred<T>['reject']
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
