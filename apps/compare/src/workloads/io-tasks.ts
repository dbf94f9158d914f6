/**
 * IO over real sockets and files. An ordinary task module: the same functions run inline, under the
 * executor, fork-join and detached.
 */
import { readFile } from 'node:fs/promises'
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http'
import type { Agent as SecureAgent } from 'node:https'
import type { TaskContext } from '@threeply/task'
import { FINISHED, SERVICE_TIME } from '../service/headers.ts'
import { answerJobs } from './answer-jobs.ts'

/** What a service answered. */
export interface Answer {
  readonly status: number
  readonly bytes: number
  /** When the last byte had come, in milliseconds of a clock that all threads share. */
  readonly receivedAt: number
  /** The service time, in milliseconds, if the service tells it. */
  readonly serviceTime?: number
  /** The answer's place in the order in which the service finished, if it tells it. */
  readonly finished?: number
}

/** GETs `url` over a connection that is kept for the next one. Also a bad status is an answer. */
export async function fetchItem(url: string, { signal }: TaskContext): Promise<Answer> {
  try {
    return await ask(url, signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof StaleConnectionError)) throw error
    return ask(url, signal)
  }
}

/** @returns How many characters the file has. */
export async function readTextFile(path: string, { signal }: TaskContext): Promise<number> {
  const text = await readFile(path, { encoding: 'utf8', signal })
  return text.length
}

/** Runs on as a detached child that does what its parent sends, until it is asked to stop. */
export const answerIoJobs = answerJobs({ fetchItem, readTextFile })

/** The service closed a kept connection just as it was used again; nothing was wrong with the request. */
class StaleConnectionError extends Error {}

/** Loaded when first needed: a thread that calls no `https:` URL need not hold all of TLS. */
const loadHttps = () => process.getBuiltinModule('node:https')

const plainAgent = new Agent({ keepAlive: true })
let secureAgent: SecureAgent | undefined

function request(url: string, signal: AbortSignal): ClientRequest {
  if (!url.startsWith('https:')) return get(url, { agent: plainAgent, signal })
  const https = loadHttps()
  secureAgent ??= new https.Agent({ keepAlive: true })
  return https.get(url, { agent: secureAgent, signal })
}

function ask(url: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, signal)
    sent.on('response', (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve(answer(response, bytes)))
      response.on('error', reject)
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET'
      reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error)
    })
  })
}

function answer({ statusCode = 0, headers }: IncomingMessage, bytes: number): Answer {
  const told = (name: string) => Number(headers[name] ?? Number.NaN)
  const serviceTime = told(SERVICE_TIME)
  const finished = told(FINISHED)
  return {
    status: statusCode,
    bytes,
    receivedAt: Number(process.hrtime.bigint()) / 1e6,
    ...(Number.isNaN(serviceTime) ? {} : { serviceTime }),
    ...(Number.isNaN(finished) ? {} : { finished }),
  }
}
