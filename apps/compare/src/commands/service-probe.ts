/** Is the user's service there? Asked before anything is measured. */
import http from 'node:http'
import https from 'node:https'
import { Failure } from '../failure.ts'

/** An answer of 400 or more can be an accident; three in a row are not. */
const ATTEMPTS = 3

/** Milliseconds for one answer. */
const PATIENCE = 5_000

/**
 * Fulfils once the service has answered without an error.
 * @throws {Failure} when it cannot be reached, stays silent, or answers only errors
 */
export async function probeService(url: string, signal: AbortSignal): Promise<void> {
  let status = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await ask(url, signal)
    if (answer.code < 400) return
    status = `${answer.code} ${answer.text}`.trim()
  }
  throw new Failure(`${url} answers only errors: ${status}`)
}

function ask(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly code: number; readonly text: string }> {
  const { get } = url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    // No agent: a kept-alive connection would hold the program open.
    const request = get(url, { agent: false, signal, timeout: PATIENCE }, (response) => {
      resolve({ code: response.statusCode ?? 0, text: response.statusMessage ?? '' })
      response.destroy()
    })
    request.once('timeout', () => {
      request.destroy()
      reject(new Failure(`${url} does not answer: nothing came in ${PATIENCE / 1_000} seconds`))
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) return reject(signal.reason)
      reject(new Failure(`${url} cannot be reached: ${reasonOf(error)}`))
    })
  })
}

/** An `AggregateError` of one failure per address has an empty message of its own. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error
  return first.message || error.code || 'no reason given'
}
