/**
 * Starts threads, and keeps spares: threads that have started and loaded the task module, and wait for
 * a task. The only file that knows `Worker`.
 */
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
  receiveMessageOnPort,
  type Transferable,
  Worker,
} from 'node:worker_threads'
import type { MetricsHandle } from '@threeply/metrics'
import type { ThreadExitReason } from '@threeply/metrics/runner'
import { ThreadExitError } from '@threeply/task'
import { threadArguments } from '@threeply/task/runner'
import type { ThreadDeath } from './exit-report.ts'
import type { FromThread, StartFrame, ThreadData, ToThread } from './messages.ts'
import type { RunnerRecorder } from './runner-recorder.ts'

/** What a thread tells the one that it works for. */
export interface ThreadEvents {
  onMessage(message: FromThread): void
  /**
   * The thread is gone; every message of it has been told before.
   * @returns How it is to be counted.
   */
  onDeath(death: ThreadDeath): ThreadExitReason
}

/** How one thread is to be started. */
export interface LaunchOptions {
  readonly name: string
  /** Beside those of the runner, and before them; such a thread is never a spare. */
  readonly resourceLimits: ResourceLimits | undefined
  readonly transfer: readonly unknown[]
}

export interface ThreadHostOptions {
  readonly module: string
  readonly spares: number
  readonly resourceLimits: ResourceLimits | undefined
  readonly recorder: RunnerRecorder | undefined
}

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './thread-entry.ts' : './thread-entry.js',
  import.meta.url,
)

export class ThreadHost {
  readonly #options: ThreadHostOptions
  readonly #spares = new Set<HostedThread>()
  #refilling: NodeJS.Immediate | undefined
  #closed = false

  constructor(options: ThreadHostOptions) {
    this.#options = options
    this.#refill()
  }

  /**
   * Gives `task` to a thread.
   * @throws What `postMessage` throws when the input cannot be cloned: then no thread was touched.
   * @throws {ThreadExitError} ERR_THREEPLY_THREAD_EXIT: Node refuses to start a thread
   */
  launch(task: StartFrame, options: LaunchOptions, events: ThreadEvents): HostedThread {
    const spare = options.resourceLimits === undefined ? first(this.#spares) : undefined
    if (spare === undefined) {
      const resourceLimits = { ...this.#options.resourceLimits, ...options.resourceLimits }
      return new HostedThread({ ...this.#settings(resourceLimits), name: options.name, events }, [
        task,
        options.transfer,
      ])
    }
    spare.post(task, options.transfer)
    this.#spares.delete(spare)
    spare.workFor(events)
    this.#refillSoon()
    return spare
  }

  /** Ends the spares. What was launched goes on. */
  async close(): Promise<void> {
    this.#closed = true
    clearImmediate(this.#refilling)
    const spares = [...this.#spares]
    this.#spares.clear()
    await Promise.all(spares.map((spare) => spare.terminate()))
  }

  #settings(resourceLimits: ResourceLimits | undefined) {
    const { module, recorder } = this.#options
    return { module, recorder, resourceLimits }
  }

  /** After the caller's own work: starting a thread takes the caller's thread a moment. */
  #refillSoon(): void {
    this.#refilling ??= setImmediate(() => {
      this.#refilling = undefined
      this.#refill()
    }).unref()
  }

  #refill(): void {
    while (!this.#closed && this.#spares.size < this.#options.spares) this.#addSpare()
  }

  #addSpare(): void {
    const spare: HostedThread = new HostedThread({
      ...this.#settings(this.#options.resourceLimits),
      name: 'spare',
      events: {
        onMessage: () => {},
        // Not replaced before the next launch: a module that kills its thread would do so for ever.
        onDeath: () => (this.#spares.delete(spare) ? 'failed' : 'closed'),
      },
    })
    spare.unref()
    this.#spares.add(spare)
  }
}

interface ThreadSettings {
  readonly module: string
  readonly name: string
  readonly resourceLimits: ResourceLimits | undefined
  readonly recorder: RunnerRecorder | undefined
  readonly events: ThreadEvents
}

/** One worker thread, and the port to it. */
export class HostedThread {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #recorder: RunnerRecorder | undefined
  readonly #metrics: MetricsHandle | undefined
  #events: ThreadEvents
  /** What Node says that the thread died of. */
  #error: unknown

  /** @param start What to post before the thread is started, so that a refusal costs no thread. */
  constructor(settings: ThreadSettings, start?: [message: ToThread, transfer: readonly unknown[]]) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#events = settings.events
    this.#recorder = settings.recorder
    try {
      if (start !== undefined) this.post(...start)
      this.#metrics = settings.recorder?.threadStarted()
      this.#worker = startWorker(settings, port2, this.#metrics)
    } catch (error) {
      port1.close()
      this.#count('failed')
      throw error
    }
    // All listeners are there from the first: one that is added to a port refs it again (node#53036).
    // The worker alone decides whether the process is kept alive.
    port1.on('message', (message: FromThread) => this.#events.onMessage(message))
    // What cannot be read here is lost, its output perhaps: better a dead thread than one that hangs.
    port1.on('messageerror', (error) => {
      this.#error ??= error
      void this.terminate()
    })
    port1.unref()
    this.#worker.on('error', (error) => {
      this.#error = error
    })
    this.#worker.on('exit', (exitCode) => this.#exited(exitCode))
  }

  post(message: ToThread, transfer: readonly unknown[] = []): void {
    this.#port.postMessage(message, transfer as Transferable[])
  }

  workFor(events: ThreadEvents): void {
    this.#events = events
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  ref(): void {
    this.#worker.ref()
  }

  unref(): void {
    this.#worker.unref()
  }

  #exited(exitCode: number): void {
    // The port's messages may come later than the end of the thread, and belong before it.
    for (let next = receive(this.#port); next; next = receive(this.#port)) {
      this.#events.onMessage(next.message)
    }
    this.#port.close()
    const death = this.#error === undefined ? { exitCode } : { exitCode, error: this.#error }
    this.#count(this.#events.onDeath(death))
  }

  #count(reason: ThreadExitReason): void {
    if (this.#metrics !== undefined) this.#recorder?.threadExited(this.#metrics, reason)
  }
}

function startWorker(
  { module, name, resourceLimits }: ThreadSettings,
  port: MessagePort,
  metrics: MetricsHandle | undefined,
): Worker {
  const execArgv = threadArguments(process.execArgv)
  const workerData: ThreadData = { module, port, metrics }
  try {
    return new Worker(ENTRY, {
      name,
      workerData,
      transferList: [port],
      ...(resourceLimits && { resourceLimits }),
      ...(execArgv && { execArgv }),
    })
  } catch (cause) {
    const message =
      `thread '${name}' could not be started; \`cause\` says why. ` +
      "Look at the process's own arguments and NODE_OPTIONS."
    throw new ThreadExitError(message, { exitCode: 1, cause })
  }
}

function receive(port: MessagePort): { readonly message: FromThread } | undefined {
  return receiveMessageOnPort(port)
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item
  return undefined
}
