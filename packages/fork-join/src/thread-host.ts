/**
 * A worker thread, hosted by piscina, which nothing else here knows of. Each has a piscina of its own
 * that starts one thread and runs one task on it: opening our port there. From then on everything
 * travels over that port, which takes 15 to 25 µs less than `piscina.run`, and piscina sees an idle
 * thread, which it neither ends nor keeps the process alive for. The thread's end is told by its own
 * `exit` event, since piscina rejects with a message that has the exit code only in its text.
 */
import { clearTimeout, setTimeout } from 'node:timers'
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Worker,
} from 'node:worker_threads'
import { decodeError, type EncodedError, TaskModuleError } from '@threeply/task'
import { checkUnmoved, isError, LONGEST_TIMER, threadArguments } from '@threeply/task/runner'
import { Piscina } from 'piscina'
import type { Transferable } from './call-options.ts'
import {
  FATAL,
  type FromThread,
  OPENED,
  TEAR_DOWN,
  type ThreadOpened,
  type ThreadOpening,
  TORN_DOWN,
  type ToThread,
} from './messages.ts'
import { OpeningState } from './opening-state.ts'
import type { ResourceLimits } from './pool-options.ts'

type RunOptions = Parameters<Piscina['run']>[1]

/** What a thread exited with, and the error that ended it, if one did. */
export interface ThreadExit {
  readonly exitCode: number
  readonly cause: unknown
  /** Whether it was terminated and has not exited: code that cannot be interrupted holds it. */
  readonly isLost: boolean
}

/** Who is told what happens to the thread. Nothing comes after `onExit`. */
export interface ThreadEvents {
  /** @param failure Why the task module cannot be used; without it, the thread takes tasks now. */
  onOpen(failure: Error | undefined): void
  onMessage(message: FromThread): void
  /** All that the thread had posted has been told before. */
  onExit(exit: ThreadExit): void
}

// Piscina tries `require` first, during which Node 20 aborts when it terminates a thread that requires ESM.
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './on-thread/thread-entry.ts' : './thread-entry.cjs',
  import.meta.url,
)

const NO_THREAD = -1

/** A terminated thread that has not exited after so many milliseconds is waited for no more. */
const TERMINATION_MS = 2_000

export class ThreadHost {
  readonly threadId: number
  hasExited = false
  readonly #events: ThreadEvents
  readonly #piscina: Piscina<ThreadOpening, void>
  readonly #port: MessagePort
  readonly #module: string
  #cause: unknown
  readonly #state = new OpeningState()
  /** How opening it has ended. */
  #opened: ThreadOpened | undefined
  #isEnding = false
  /** What the end of the thread waits for. */
  #endsAfter: 'setup' | 'teardown' | undefined
  #graceTimer: NodeJS.Timeout | undefined
  #terminationTimer: NodeJS.Timeout | undefined

  constructor(
    opening: Omit<ThreadOpening, 'port' | 'state'>,
    resourceLimits: ResourceLimits | undefined,
    events: ThreadEvents,
  ) {
    this.#events = events
    this.#module = opening.module
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (message: FromThread) => this.#onMessage(message))
    port1.on('messageerror', (error: unknown) => this.#onBroken(error))
    port1.unref()
    const execArgv = threadArguments(process.execArgv)
    this.#piscina = new Piscina({
      filename: ENTRY.href,
      name: 'openThread',
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      atomics: 'disabled',
      recordTiming: false,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(execArgv === undefined ? {} : { execArgv }),
    })
    this.#piscina.on('error', () => {}) // the thread's own events tell it, better
    // The type that piscina has for this takes `postMessage`'s options for its transfer list.
    const options = { transferList: [port2] } as unknown as RunOptions
    const state = this.#state.words
    try {
      const entered = this.#piscina.run({ ...opening, port: port2, state }, options)
      const worker = this.#piscina.threads[0]! // `run` has just started it
      this.threadId = worker.threadId
      this.#watch(worker)
      entered.catch((cause: unknown) => this.#onNotEntered(cause))
    } catch (cause) {
      this.threadId = NO_THREAD
      queueMicrotask(() => this.#onExit(1, cause))
    }
  }

  /** Throws what `postMessage` throws; nothing has been sent or moved then. */
  post(message: ToThread, transfer: readonly Transferable[]): void {
    checkUnmoved(transfer)
    this.#port.postMessage(message, transfer as Transferable[])
  }

  /**
   * Ends the thread, which has nothing to do, after its teardown.
   * @param grace Milliseconds that the teardown may take, and before it the rest of a setup that has
   *   begun, before the thread is terminated.
   */
  end(grace: number): void {
    if (this.#isEnding) return
    this.#isEnding = true
    if (this.#opened !== undefined) this.#tearDown(this.#opened)
    else if (this.#state.endBeforeSetup()) this.kill()
    else this.#endsAfter = 'setup'
    if (this.#endsAfter === undefined || grace > LONGEST_TIMER) return
    this.#graceTimer = setTimeout(() => {
      this.#warn(`had not ended after its grace of ${grace} ms, and its thread was terminated`)
      this.kill()
    }, grace)
  }

  /** Ends the thread, whatever it is doing. */
  kill(): void {
    this.#isEnding = true
    this.#endsAfter = undefined
    clearTimeout(this.#graceTimer)
    // Without a thread, piscina would reject what nobody has got from it.
    if (this.threadId === NO_THREAD || this.hasExited) return
    void this.#piscina.destroy()
    this.#terminationTimer ??= setTimeout(() => this.#onLost(), TERMINATION_MS).unref()
  }

  #tearDown({ hasTeardown }: ThreadOpened): void {
    if (!hasTeardown || this.hasExited) {
      this.kill()
      return
    }
    this.#endsAfter = 'teardown'
    this.post([TEAR_DOWN], [])
  }

  #watch(worker: Worker): void {
    worker.on('error', (error: unknown) => {
      this.#cause ??= error
    })
    worker.on('exit', (exitCode: number) => this.#onExit(exitCode, undefined))
  }

  #onNotEntered(cause: unknown): void {
    if (this.#isEnding || this.hasExited) return
    this.#events.onOpen(failedToStart(this.#module, this.#cause ?? cause))
  }

  #onLost(): void {
    const message =
      `thread ${this.threadId} has not ended within ${TERMINATION_MS} ms of its termination: native code ` +
      'holds it, such as execSync, or a garbage collection at the limit of its heap. It is left to ' +
      'itself, and another takes its place; the process cannot end before it has.'
    warn(message)
    this.#onExit(1, undefined, true)
  }

  #onExit(exitCode: number, cause: unknown, isLost = false): void {
    if (this.hasExited) return // it was lost, and has come to its end now
    clearTimeout(this.#terminationTimer)
    this.#cause ??= cause
    if (!this.#state.hasEntered) this.#onNotEntered(`it exited with code ${exitCode}`)
    this.hasExited = true
    for (;;) {
      const received = receiveMessageOnPort(this.#port)
      if (received === undefined) break
      this.#onMessage(received.message)
    }
    this.#port.close()
    clearTimeout(this.#graceTimer)
    if (this.#endsAfter !== undefined) this.#warn(`ended its thread, with exit code ${exitCode}`)
    this.#events.onExit({ exitCode, cause: this.#cause, isLost })
  }

  /** A message cannot be read here, so nobody knows what it answers: the thread is given up. */
  #onBroken(error: unknown): void {
    this.#cause ??= error
    this.kill()
  }

  #onMessage(message: FromThread): void {
    if (message[0] === FATAL) this.#cause = decodeError(message[1])
    else if (message[0] === OPENED) this.#onOpened(message[1])
    else if (message[0] === TORN_DOWN) this.#onTornDown(message[1])
    else this.#events.onMessage(message)
  }

  #onOpened(opened: ThreadOpened): void {
    const { failure } = opened
    this.#opened = opened
    if (this.#endsAfter === 'setup') {
      if (failure !== undefined) warn(decodeError(failure).message)
      this.#tearDown(opened)
    }
    this.#events.onOpen(failure && decodeError(failure))
  }

  #onTornDown(error: EncodedError | undefined): void {
    if (error !== undefined) this.#warn(`threw ${decodeError(error)}`)
    this.kill()
  }

  /** What these do then has no call to reject, and must not pass in silence. */
  #warn(what: string): void {
    warn(`'${this.#endsAfter ?? 'teardown'}' of the task module ${this.#module} ${what}.`)
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'ThreeplyWarning')
}

const ADVICE: Readonly<Record<string, string>> = {
  ERR_WORKER_OUT_OF_MEMORY: 'Give it more by `resourceLimits`.',
  ERR_ACCESS_DENIED: 'Give the process `--allow-worker`.',
}

/** Before any code of ours has run there: not for anything in the task module. */
function failedToStart(module: string, cause: unknown): Error {
  const text = isError(cause) ? cause.message : String(cause)
  const reason = text.split('\n', 1)[0]!.replace(/\.+$/, '')
  const code = isError(cause) && 'code' in cause ? String(cause.code) : ''
  const advice =
    ADVICE[code] ??
    'Give the pool fewer `threads`, or less by `resourceLimits`; in a bundle, leave @threeply/fork-join external.'
  const message = `a thread for the task module ${module} cannot be started: ${reason}. ${advice}`
  return new TaskModuleError(message, { cause })
}
