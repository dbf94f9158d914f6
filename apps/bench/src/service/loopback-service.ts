/** The loopback service as its callers see it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { ServiceSettings } from './service-process.ts'

const PROCESS = fileURLToPath(new URL('./service-process.ts', import.meta.url))

/** It had no room. */
export class RefusedError extends Error {
  override name = 'RefusedError'
}

export class LoopbackService {
  readonly #process: ChildProcess
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.#port = port
  }

  static async start(settings: ServiceSettings): Promise<LoopbackService> {
    const child = fork(PROCESS, { execArgv: ['--no-warnings'] })
    const service = new LoopbackService(child, await answerOf(child))
    await service.set(settings)
    return service
  }

  /** Every request after it meets the settings. */
  async set(settings: ServiceSettings): Promise<void> {
    this.#process.send(settings)
    await answerOf(this.#process)
  }

  /** One request. @throws {RefusedError} it had no room */
  request(): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent }
      get(options, (response) => {
        response.resume()
        response.once('end', () => {
          if (response.statusCode === 200) resolve()
          else reject(new RefusedError(`refused with ${response.statusCode}`))
        })
      }).once('error', reject)
    })
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }
}

/** What the service says next: its port, and that again for each settings that it took. */
async function answerOf(child: ChildProcess): Promise<number> {
  const listening = new AbortController()
  const { signal } = listening
  const exit = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the loopback service exited with ${code}`)
  })
  try {
    const [port] = (await Promise.race([once(child, 'message', { signal }), exit])) as [number]
    return port
  } finally {
    exit.catch(() => {}) // it rejects when nobody listens any more
    listening.abort()
  }
}
