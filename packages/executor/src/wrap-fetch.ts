/** A `fetch` that goes through an executor: a limit for all requests, and one for each origin. */
import type { RunContext } from './attempt.ts'
import type { RunOptions } from './call-options.ts'
import type { AsyncExecutor } from './executor.ts'

/** Options of {@link wrapFetch}: those of each `run`, without what a request has itself. */
export interface WrapFetchOptions extends Omit<RunOptions, 'key' | 'signal'> {
  /** What makes the requests. @default the global `fetch`, as it is when called */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** What servers answer that want the request again later. */
const AGAIN_LATER: readonly number[] = [429, 503]

/** What may be sent twice, RFC 9110, 9.2.2. */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']

/**
 * Makes a `fetch` whose requests are calls of `executor.run`, with the origin as their `key`, so
 * that `keyConcurrency` limits the requests to each. A request holds its slot until the headers of
 * the response have come: a body that nobody reads holds up nobody. Where the body is to count,
 * read it within a `run` of your own.
 *
 * Aborting a request by its `signal` works as with `fetch`, in the queue and while the body is read;
 * `timeout` is for the headers.
 *
 * With `retry`, a request that fails or is answered with 429 or 503 is sent again, not before
 * `Retry-After` says so. When there are no more attempts, the response is given as it is. Requests
 * that change something each time (POST, PATCH), and those with a body that can be read only once,
 * are not sent again. `retry.retryable` is asked about what `fetch` throws.
 * @throws what `fetch` and `run` reject with; nothing at once
 * @example
 * const executor = new AsyncExecutor({ concurrency: 64, keyConcurrency: 6 })
 * const limitedFetch = wrapFetch(executor, { retry: { attempts: 3 } })
 */
export function wrapFetch(
  executor: AsyncExecutor,
  options: WrapFetchOptions = {},
): typeof globalThis.fetch {
  const { fetch: send = (...args) => globalThis.fetch(...args), retry, ...runOptions } = options
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    const isRetried = retry !== undefined && mayBeSentTwice(input, init)
    let refusal: Refusal | undefined
    const attempt = async (context: RunContext): Promise<Response> => {
      await refusal?.discard()
      refusal = undefined
      const ownSignal = signal ? AbortSignal.any([signal, context.signal]) : context.signal
      const response = await send(input, { ...init, signal: ownSignal })
      if (!isRetried || !AGAIN_LATER.includes(response.status)) return response
      refusal = new Refusal(response)
      throw refusal
    }
    try {
      return await executor.run(attempt, {
        ...runOptions,
        key: originOf(input),
        signal: signal ?? undefined,
        retry: isRetried ? { ...retry, retryable: retryableWith(retry.retryable) } : undefined,
      })
    } catch (error) {
      if (error instanceof Refusal) return error.response
      void refusal?.discard() // it was to be sent again
      throw error
    }
  }
}

/** Has a response been an error, for `retry`. */
class Refusal extends Error {
  readonly response: Response

  constructor(response: Response) {
    super(`${response.status}`)
    this.response = response
  }

  /** Frees its connection, which may have broken meanwhile. */
  async discard(): Promise<void> {
    await this.response.body?.cancel().catch(() => {})
  }
}

function retryableWith(retryable: ((error: unknown) => boolean) | undefined) {
  return (error: unknown): boolean => error instanceof Refusal || (retryable?.(error) ?? true)
}

/** Undefined for what is no URL: `fetch` will say so. */
function originOf(input: string | URL | Request): string | undefined {
  const url = input instanceof Request ? input.url : String(input)
  return URL.canParse(url) ? new URL(url).origin : undefined
}

function mayBeSentTwice(input: string | URL | Request, init: RequestInit | undefined): boolean {
  const request = input instanceof Request ? input : undefined
  const method = init?.method ?? request?.method ?? 'GET'
  if (!IDEMPOTENT.includes(method.toUpperCase())) return false
  const body = init?.body ?? request?.body
  return !(typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
}
