/** A scope: it returns only when every child that was forked in it has ended. */
import { ClosedError, type TaskArguments, type TaskInput, type TaskOutput } from '@threeply/task'
import {
  checkChoice,
  checkDuration,
  checkFunction,
  checkSignal,
  invalidOption,
} from '@threeply/task/runner'
import { type LimitedCall, limit, unlimit } from './call-limits.ts'
import type { MapOptions, RunOptions } from './call-options.ts'
import type { TaskName } from './fork-context.ts'
import type { Inputs } from './input-source.ts'
import type { Cancellation } from './submission.ts'

/** What becomes of the others when a child has ended. */
export type ScopePolicy = 'all' | 'any' | 'settled'

/** Options of {@link ForkJoinPool.scope}. */
export interface ScopeOptions {
  /**
   * - `all`: the first failure, of a child or of the body, cancels the other children and is thrown.
   * - `any`: the first output of a child cancels the others and is what the scope gives; when all
   *   have failed, it throws an `AggregateError`. A body that throws what a child has failed with,
   *   as it awaited that, ends nothing; any other error of the body cancels the children and is thrown.
   * - `settled`: a failure cancels nobody, and the scope gives the body's value, or throws its error.
   *
   * Each waits until all children have ended.
   * @default 'all'
   */
  readonly policy?: ScopePolicy | undefined
  /** Cancels the children; the scope then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds from the start of the scope after which the children are cancelled. @default Infinity */
  readonly timeout?: number | undefined
}

/** Forks children that the scope waits for. Its functions may be taken apart: `({ fork }) => …`. */
export interface Scope<Tasks> {
  /** Runs a task as {@link ForkJoinPool.run} does. */
  readonly fork: <Name extends TaskName<Tasks>>(
    name: Name,
    ...args: TaskArguments<Tasks, Name, RunOptions>
  ) => Promise<TaskOutput<Tasks, Name>>
  /** Runs a task for each input as {@link ForkJoinPool.map} does. */
  readonly map: <Name extends TaskName<Tasks>>(
    name: Name,
    inputs: Inputs<TaskInput<Tasks, Name>>,
    options?: MapOptions,
  ) => Promise<TaskOutput<Tasks, Name>[]>
  /** Cancels all children, those to come included. @param reason What they reject with. */
  readonly cancel: (reason?: unknown) => void
  /** Aborted when the children are cancelled. */
  readonly signal: AbortSignal
}

/** How a scope has its children run. */
export interface ScopeHost {
  /** @param signal Cancels it, as that of its options does. */
  run(name: string, input: unknown, options: RunOptions, signal: AbortSignal): Promise<unknown>
  map(name: string, inputs: unknown, options: MapOptions, signal: AbortSignal): Promise<unknown[]>
}

type Body = (scope: Scope<never>) => unknown

/** Checked options. */
export type ScopeSettings = Required<Pick<ScopeOptions, 'policy' | 'timeout'>> & {
  readonly signal: AbortSignal | undefined
  readonly policy: ScopePolicy
  readonly timeout: number
}

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkScope(body: unknown, options: ScopeOptions = {}): ScopeSettings {
  checkFunction('scope', 'body', body)
  if (typeof options !== 'object' || options === null) {
    throw invalidOption('scope', 'options', options, 'an object')
  }
  const { policy = 'all', signal, timeout = Number.POSITIVE_INFINITY } = options
  checkChoice('scope', 'policy', policy, ['all', 'any', 'settled'])
  if (signal !== undefined) checkSignal('scope', 'signal', signal)
  checkDuration('scope', 'timeout', timeout)
  return { policy, signal, timeout }
}

export class ScopeCall implements LimitedCall {
  readonly name = 'scope'
  readonly submittedAt = performance.now()

  readonly #host: ScopeHost
  readonly #settings: ScopeSettings
  readonly #controller = new AbortController()
  readonly #children = new Set<Promise<void>>()
  /** Of a child each, in the order of their forks; for `any`. */
  readonly #errors: unknown[] = []
  #forks = 0
  #hasEnded = false
  /** The first output of a child. */
  #output: { readonly value: unknown } | undefined
  /** What the scope throws; the first that counts by its policy. */
  #failure: { readonly error: unknown } | undefined
  /** Rejects the whole call at once. */
  #abandon: ((error: unknown) => void) | undefined

  constructor(host: ScopeHost, settings: ScopeSettings) {
    this.#host = host
    this.#settings = settings
  }

  /** Runs the body, waits for all children, and settles as the policy says. */
  async run(body: Body): Promise<unknown> {
    limit(this, this.#settings)
    const abandoned = new Promise<never>((_, reject) => {
      this.#abandon = reject
    })
    try {
      return await Promise.race([this.#run(body), abandoned])
    } finally {
      this.#hasEnded = true
      unlimit(this, this.#settings)
    }
  }

  get timeoutAdvice(): string {
    return 'The timeout is that of the whole scope: raise it, or fork less in it.'
  }

  get isInTransit(): boolean {
    return false
  }

  /** Aborted from outside, or out of time. */
  cancel({ reason }: Cancellation): void {
    this.#output = undefined
    this.#fail(reason)
  }

  runTime(): number {
    return performance.now() - this.submittedAt
  }

  /** The pool was destroyed: it waits for nobody, a body that never ends included. */
  fail(error: unknown): void {
    this.#fail(error)
    this.#abandon?.(error)
  }

  async #run(body: Body): Promise<unknown> {
    const value = await this.#runBody(body)
    while (this.#children.size > 0) await Promise.all(this.#children)
    if (this.#settings.policy === 'any' && this.#output !== undefined) return this.#output.value
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#settings.policy !== 'any') return value
    throw new AggregateError(this.#errors, 'no child of the scope gave an output')
  }

  async #runBody(body: Body): Promise<unknown> {
    const { fork, map, cancel } = this.#scope()
    const { signal } = this.#controller
    try {
      return await body({ fork, map, cancel, signal } as Scope<never>)
    } catch (error) {
      if (this.#settings.policy === 'settled') this.#failure ??= { error }
      else if (this.#settings.policy === 'all' || !this.#isOfChildren(error)) this.#fail(error)
      return undefined
    }
  }

  /** Whether the body only passes on what children have failed with, of which another may succeed. */
  #isOfChildren(error: unknown, seen = new Set<unknown>()): boolean {
    if (this.#errors.some((own) => Object.is(own, error))) return true
    if (!(error instanceof AggregateError) || seen.has(error)) return false
    seen.add(error)
    const errors: unknown = error.errors
    if (!Array.isArray(errors) || errors.length === 0) return false
    const isOfChildren = errors.every((one) => this.#isOfChildren(one, seen))
    seen.delete(error) // it may be there twice, and must not be in itself
    return isOfChildren
  }

  #scope() {
    return {
      fork: (name: string, input: unknown, options: RunOptions = {}) =>
        this.#child((signal) => this.#host.run(name, input, this.#alone(options), signal)),
      map: (name: string, inputs: unknown, options: MapOptions = {}) =>
        this.#child((signal) => this.#host.map(name, inputs, options, signal)),
      cancel: (reason: unknown = new DOMException('The scope was cancelled', 'AbortError')) => {
        if (this.#settings.policy === 'settled') this.#controller.abort(reason)
        else this.#fail(reason)
      },
    }
  }

  #child(start: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
    if (this.#hasEnded) {
      const message = 'the scope has ended: fork before its body and all of its children have.'
      return Promise.reject(new ClosedError(message))
    }
    const place = this.#forks
    this.#forks += 1
    const child = attempt(() => start(this.#controller.signal))
    // Observes it, too: a child that nobody awaits does not become an unhandled rejection.
    const ended = child
      .then(
        (output) => this.#onOutput(output),
        (error) => this.#onFailure(place, error),
      )
      .then(() => {
        this.#children.delete(ended)
      })
    this.#children.add(ended)
    return child
  }

  /** Where the first output ends the others, none may be held back by what travels with it. */
  #alone(options: RunOptions): MapOptions {
    const isAny = this.#settings.policy === 'any' && Object(options) === options
    return isAny ? { ...options, chunkSize: 1 } : options
  }

  #onOutput(value: unknown): void {
    if (this.#settings.policy !== 'any' || this.#failure !== undefined) return
    this.#output ??= { value }
    const reason = new DOMException('Another child of the scope was first', 'AbortError')
    this.#controller.abort(reason)
  }

  #onFailure(place: number, error: unknown): void {
    if (this.#settings.policy === 'all') this.#fail(error)
    else this.#errors[place] = error
  }

  #fail(error: unknown): void {
    if (this.#output !== undefined) return
    this.#failure ??= { error }
    this.#controller.abort(this.#failure.error)
  }
}

/** What is thrown, by a getter of the options, rejects. */
function attempt<Value>(start: () => Promise<Value>): Promise<Value> {
  try {
    return start()
  } catch (error) {
    return Promise.reject(error)
  }
}
