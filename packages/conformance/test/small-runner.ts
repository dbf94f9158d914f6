/**
 * The smallest runner that keeps the contract, whatever it runs tasks on. It is here to show that
 * the suite can be passed, and what each test asks for; speed is none of its business.
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
import type { CallOptions, ContractRunner, Inputs, StreamOptions } from '../src/subject.ts'
import { type Deferred, deferred } from './deferred.ts'

/** What runs a task. */
export interface Host {
  /** Whether a call that is cancelled while it runs rejects at once, or when its task has ended. */
  readonly rejectsAtOnce: boolean
  /** Settles when the task has ended, also when `signal` is aborted. */
  start(task: StartedTask): Promise<unknown>
}

export interface StartedTask {
  readonly name: string
  readonly input: unknown
  readonly index: number | undefined
  readonly transfer: readonly ArrayBuffer[]
  readonly signal: AbortSignal
}

/** One call: from its submission until its task has ended, which may be after it has settled. */
interface Call {
  readonly task: StartedTask
  readonly priority: number
  readonly submitted: number
  readonly settled: Deferred<unknown>
  readonly ended: Deferred<void>
  started: number | undefined
  cancel: (reason: unknown) => void
}

/** More than `CallOptions`: where among the inputs of a `stream` or `map` the call's input is. */
interface IndexedOptions extends CallOptions {
  readonly index?: number
}

export class SmallRunner implements ContractRunner {
  readonly #host: Host
  readonly #concurrency: number
  readonly #queueLimit: number
  readonly #overflow: string
  readonly #waiting: Call[] = []
  readonly #calls = new Set<Call>()
  #running = 0
  #closed = false

  constructor(host: Host, options: unknown) {
    checkOptionNames('SmallRunner', options, ['concurrency', 'queueLimit', 'overflow'])
    const { concurrency, queueLimit = Infinity, overflow = 'reject' } = options
    checkWholeNumber('SmallRunner', 'concurrency', concurrency, { minimum: 1, orInfinity: true })
    checkWholeNumber('SmallRunner', 'queueLimit', queueLimit, { minimum: 0, orInfinity: true })
    checkChoice('SmallRunner', 'overflow', overflow, ['reject', 'wait'])
    this.#host = host
    this.#concurrency = concurrency
    this.#queueLimit = queueLimit
    this.#overflow = overflow
  }

  async run(name: string, input?: unknown, options: CallOptions = {}): Promise<unknown> {
    return await this.#submit(name, input, options).settled.promise
  }

  async map(name: string, inputs: Inputs, options: CallOptions = {}): Promise<unknown[]> {
    return await collect(this.stream(name, inputs, { ...options, order: 'input' }))
  }

  async mapSettled(
    name: string,
    inputs: Inputs,
    options: CallOptions = {},
  ): Promise<PromiseSettledResult<unknown>[]> {
    const results = this.#stream(name, inputs, { ...options, order: 'input' }, true)
    return (await collect(results)) as PromiseSettledResult<unknown>[]
  }

  stream(name: string, inputs: Inputs, options: StreamOptions = {}): AsyncIterable<unknown> {
    return this.#stream(name, inputs, options, false)
  }

  async close({ deadline }: { readonly deadline?: number } = {}): Promise<void> {
    if (deadline !== undefined) checkDuration('close', 'deadline', deadline)
    this.#closed = true
    const destroyAfter = Math.min(deadline ?? LONGEST_TIMER, LONGEST_TIMER)
    const timer = setTimeout(() => void this.destroy(), destroyAfter)
    await Promise.allSettled([...this.#calls].map((call) => call.settled.promise))
    clearTimeout(timer)
  }

  async destroy(): Promise<void> {
    this.#closed = true
    const calls = [...this.#calls]
    for (const call of calls) call.cancel(new ClosedError('the runner was destroyed'))
    await Promise.allSettled(calls.map((call) => call.settled.promise))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #check(options: StreamOptions): void {
    const { signal, timeout = Infinity, priority = 0, transfer = [] } = options
    const { order = 'completion', readAhead = 0 } = options
    checkChoice('stream', 'order', order, ['completion', 'input'])
    checkWholeNumber('stream', 'readAhead', readAhead, { minimum: 0, orInfinity: true })
    if (!Array.isArray(transfer)) throw invalidOption('run', 'transfer', transfer, 'an array')
    if (signal !== undefined) checkSignal('run', 'signal', signal)
    checkDuration('run', 'timeout', timeout)
    if (typeof priority !== 'number') throw invalidOption('run', 'priority', priority, 'a number')
    if (this.#closed) throw new ClosedError('the runner is closed')
    signal?.throwIfAborted()
  }

  #submit(name: string, input: unknown, options: IndexedOptions): Call {
    this.#check(options)
    const { signal, timeout = Infinity, priority = 0, transfer = [], index } = options
    const isFull = this.#running >= this.#concurrency && this.#waiting.length >= this.#queueLimit
    if (isFull && this.#overflow === 'reject') throw new QueueFullError(name, this.#queueLimit)
    const controller = new AbortController()
    const settled = deferred<unknown>()
    const call: Call = {
      task: { name, input, index, transfer, signal: controller.signal },
      priority,
      submitted: performance.now(),
      settled,
      ended: deferred(),
      started: undefined,
      cancel: (reason) => {
        const at = this.#waiting.indexOf(call)
        if (at >= 0) this.#waiting.splice(at, 1)
        if (at >= 0 || this.#host.rejectsAtOnce) settled.reject(reason)
        controller.abort(reason)
      },
    }
    const onAbort = () => call.cancel(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    const onTimeout = () => call.cancel(timeoutError(call, timeout))
    const timer = timeout <= LONGEST_TIMER ? setTimeout(onTimeout, timeout) : undefined
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
      this.#running += 1
      void this.#execute(this.#waiting.shift()!)
    }
  }

  async #execute(call: Call): Promise<void> {
    call.started = performance.now()
    const { signal } = call.task
    try {
      const output = await this.#host.start(call.task)
      if (signal.aborted) call.settled.reject(signal.reason)
      else call.settled.resolve(output)
    } catch (thrown) {
      call.settled.reject(signal.aborted ? signal.reason : thrown)
    }
    call.ended.resolve()
    this.#running -= 1
    this.#next()
  }

  async *#stream(
    name: string,
    inputs: Inputs,
    options: StreamOptions,
    settles: boolean,
  ): AsyncGenerator<unknown> {
    this.#check(options)
    const { order = 'completion', indexed = false, readAhead = this.#concurrency } = options
    const { signal } = options
    const iterator = iteratorOf(inputs)
    const own = new AbortController()
    const inFlight = new Map<Call, Promise<void>>()
    const ready = new Map<number, unknown>()
    const aborted = deferred<never>()
    aborted.promise.catch(() => {}) // raced below; a stream that nobody aborts never settles it
    const onAbort = () => {
      own.abort(signal?.reason)
      aborted.reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort)
    let pulled = 0
    let given = 0
    let ended = false
    try {
      while (!ended || inFlight.size > 0 || ready.size > 0) {
        while (!ended && inFlight.size < this.#concurrency && ready.size < Math.max(readAhead, 1)) {
          const next = await Promise.race([iterator.next(), aborted.promise])
          ended = next.done === true
          if (ended) break
          const index = pulled
          pulled += 1
          const call = this.#submit(name, next.value, { ...options, signal: own.signal, index })
          const { promise } = call.settled
          const output = settles ? Promise.allSettled([promise]).then(([one]) => one) : promise
          const done = output.then((value) => {
            ready.set(index, value)
            inFlight.delete(call)
          })
          done.catch(() => {}) // raced below
          inFlight.set(call, done)
          signal?.throwIfAborted()
        }
        const index = order === 'input' ? given : (ready.keys().next().value ?? -1)
        if (ready.has(index)) {
          const output = ready.get(index)
          ready.delete(index)
          given += 1
          yield indexed ? [index, output] : output
        } else if (inFlight.size > 0) {
          await Promise.race([aborted.promise, ...inFlight.values()])
        }
      }
    } catch (thrown) {
      own.abort(new DOMException('another failed', 'AbortError'))
      if (signal?.aborted !== true && !this.#closed) {
        const started = [...inFlight.keys()].filter((call) => call.started !== undefined)
        await Promise.all(started.map((call) => call.ended.promise))
      }
      throw thrown
    } finally {
      signal?.removeEventListener('abort', onAbort)
      own.abort(new DOMException('the stream has ended', 'AbortError'))
      if (!ended) void iterator.return?.()
    }
  }
}

function timeoutError({ task, submitted, started }: Call, timeout: number): TaskTimeoutError {
  const now = performance.now()
  return new TaskTimeoutError(task.name, {
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

async function collect(outputs: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = []
  for await (const output of outputs) collected.push(output)
  return collected
}
