/** When a service asks to be called again: what HTTP says in `Retry-After`. */

const SECOND = 1_000 // milliseconds

interface Answer {
  readonly retryAfter?: unknown
  readonly headers?: unknown
  readonly response?: unknown
}

/**
 * Milliseconds from `now` that an error asks to wait: by its `retryAfter`, a number of milliseconds
 * or what the header may say; by the header `retry-after` in its `headers`; or by these of its
 * `response`. Undefined when it asks for nothing, or for nonsense.
 */
export function retryAfter(error: unknown, now = Date.now()): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { retryAfter: asked, headers, response } = error as Answer
  const delay = typeof asked === 'number' ? asked : headerDelay(asked ?? header(headers), now)
  if (delay !== undefined) return Number.isFinite(delay) && delay >= 0 ? delay : undefined
  return response === error ? undefined : retryAfter(response, now)
}

/** Seconds, or a date. */
function headerDelay(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * SECOND
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function header(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  if ('get' in headers && typeof headers.get === 'function') return headers.get('retry-after')
  return 'retry-after' in headers ? headers['retry-after'] : undefined
}
