/**
 * The handle of a detached thread, and its states:
 *
 *     starting ──► running ──► exited or failed
 *         │           │               ▲
 *         └──► stopping (asked) ──────┘
 *
 * The end is one event, the thread's exit: the state, `ready`, `join`, `exited` and the iteration
 * settle together in it.
 */
import type { ResourceLimits } from 'node:worker_threads'
import type { ThreadExitReason } from '@threeply/metrics/runner'
import { ClosedError, decodeError, ThreadExitError } from '@threeply/task'
import { serializationError } from '@threeply/task/runner'
import { onAbort } from './abort-listeners.ts'
import { Channel } from './channel.ts'
import { Deadline } from './deadline.ts'
import { Deferred } from './deferred.ts'
import {
  type ExitReport,
  endingOf,
  type StopRequest,
  type Termination,
  type ThreadDeath,
} from './exit-report.ts'
import {
  encodeReason,
  type FromThread,
  newFlag,
  type ResourceUse,
  raise,
  type Settlement,
} from './messages.ts'
import type { RunnerRecorder, TaskRecorder } from './runner-recorder.ts'
import { graceOf, type StopOptions } from './stop-options.ts'
import { sendOver } from './thread-context.ts'
import type { HostedThread, ThreadHost } from './thread-host.ts'

/** Where a thread is in its life; it ends as `failed` when it threw or died by itself. */
export type ThreadState = 'starting' | 'running' | 'stopping' | 'exited' | 'failed'

/** What the runner makes a handle of. */
export interface DetachedThreadSetup {
  readonly id: number
  readonly name: string
  readonly module: string
  readonly taskName: string
  readonly resourceLimits: ResourceLimits | undefined
  readonly signal: AbortSignal | undefined
  readonly grace: number
  readonly ref: boolean
  readonly host: ThreadHost
  readonly recorder: RunnerRecorder | undefined
}

/** What the task is given; not kept, for the handle may live long. */
export interface TaskPayload {
  readonly input: unknown
  readonly transfer: readonly unknown[]
}

/**
 * How many messages beyond the limit a task may send once it is asked to stop. One that waits for
 * room in `send` sees so that it is asked, whether or not anybody reads.
 */
const LAST_MESSAGES = 1_024 // more than a farewell, and still a bound

/**
 * A thread that runs one task, beside its parent.
 * @typeParam Output What the task returns.
 * @typeParam Incoming The messages that the task receives: what `send` takes.
 * @typeParam Outgoing The messages that the task sends: what iteration yields.
 */
export class DetachedThread<Output = unknown, Incoming = unknown, Outgoing = unknown>
  implements AsyncIterable<Outgoing>
{
  /** Its number among the threads of its runner, from 1. */
  readonly id: number
  /** The `name` given to `spawn`, or else that of the task. */
  readonly name: string
  /**
   * Fulfilled when the task starts. Rejects when it never does: no such module or task, an input that
   * cannot be cloned, a stop before the start.
   */
  readonly ready: Promise<void>
  /** Fulfilled once the thread is gone. Never rejects. */
  readonly exited: Promise<ExitReport>

  readonly #setup: DetachedThreadSetup
  readonly #recorder: TaskRecorder | undefined
  readonly #flag = newFlag()
  readonly #channel: Channel
  readonly #ready = new Deferred<void>()
  readonly #joined = new Deferred<unknown>()
  readonly #exited = new Deferred<ExitReport>()
  readonly #spawnedAt = performance.now()
  readonly #deadline = new Deadline((grace) => this.#terminate({ grace }))

  #state: ThreadState = 'starting'
  #thread: HostedThread | undefined
  #referenced: boolean
  #stopListening: (() => void) | undefined

  // What is known of the end, as far as it has come.
  #refusal: Error | undefined
  #started = false
  #request: StopRequest | undefined
  #settlement: Settlement | undefined
  #lastWords: Error | undefined
  #use: ResourceUse | undefined
  #terminated: Termination | undefined

  constructor(setup: DetachedThreadSetup, payload: TaskPayload) {
    this.#setup = setup
    this.id = setup.id
    this.name = setup.name
    this.ready = this.#ready.promise
    this.exited = this.#exited.promise
    this.#referenced = setup.ref
    this.#recorder = setup.recorder?.taskSubmitted(setup.id)
    this.#channel = new Channel(setup.taskName, (frame, transfer) =>
      this.#thread?.post(frame, transfer),
    )
    if (setup.signal?.aborted) this.#neverStart()
    else this.#launch(payload)
  }

  get state(): ThreadState {
    return this.#state
  }

  /**
   * Waits for the end of the thread and gives the task's output, also of a task that returned because
   * it was asked to stop. Each call gives the same promise, and one that nobody looks at is no
   * unhandled rejection.
   * @throws The task's own error; `signal.reason` of the task when it threw that because it was asked
   *   to stop; `signal.reason` of `spawn` when that signal was aborted
   * @throws {ThreadExitError} ERR_THREEPLY_THREAD_EXIT: the thread was terminated, ran out of memory,
   *   or exited by itself
   * @throws {TaskModuleError} ERR_THREEPLY_TASK_MODULE: the module cannot be loaded
   * @throws {TaskNotFoundError} ERR_THREEPLY_TASK_NOT_FOUND: it has no such task
   * @throws {TaskSerializationError} ERR_THREEPLY_SERIALIZATION: the input or the output cannot be cloned
   */
  join(): Promise<Output> {
    return this.#joined.promise as Promise<Output>
  }

  /**
   * Sends `message` to the task. Fulfilled when there was room for it: up to 64 messages may be unread
   * there. A message that waits for room is cloned when it goes, so await it before you change it.
   * @param transfer Objects in the message to be moved, not copied.
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the thread has ended, or is asked to stop; if nobody
   *   looks at the promise, that is no unhandled rejection
   * @throws {TaskSerializationError} ERR_THREEPLY_SERIALIZATION: it cannot be cloned
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: `transfer` is no array
   */
  send(message: Incoming, transfer?: readonly unknown[]): Promise<void> {
    return sendOver(this.#channel, message, transfer)
  }

  /**
   * The messages that the task sends, in order. Ends, and never throws, when the thread is gone and
   * its messages are taken. After a `break` the task may send until 64 are unread, and then waits;
   * they stay for the next loop. Several loops share the messages, each going to one of them.
   */
  [Symbol.asyncIterator](): AsyncIterator<Outgoing, undefined> {
    return this.#channel.messages() as AsyncIterator<Outgoing, undefined>
  }

  /**
   * Asks the task to stop, by flag, by signal, and by ending `messages`; waits `grace`; then
   * terminates the thread. A task that has not been started never is. Called again, the shorter grace
   * counts. Until the thread is gone the process is kept alive.
   * @returns The report, whose `reason` tells which it was.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad `grace`; nothing is asked then
   */
  async stop(options: StopOptions = {}): Promise<ExitReport> {
    const grace = graceOf('stop', options, this.#setup.grace)
    this.#ask({ reason: askedToStop(this.name), bySignal: false }, grace)
    return this.exited
  }

  /** Ends the thread at once. The task is not asked, and no code of it runs any more. */
  async terminate(): Promise<ExitReport> {
    if (!this.#hasEnded()) this.#terminate('terminate')
    return this.exited
  }

  /** Lets the process stay alive while the thread runs. That is how a thread starts, by default. */
  ref(): this {
    this.#referenced = true
    this.#applyReference()
    return this
  }

  /** Lets the process end though the thread runs; it ends with it, at once. */
  unref(): this {
    this.#referenced = false
    this.#applyReference()
    return this
  }

  #neverStart(): void {
    this.#request = { reason: this.#setup.signal?.reason, bySignal: true }
    this.#settlement = { status: 'skipped' }
    this.#end({ exitCode: 0 })
  }

  #launch({ input, transfer }: TaskPayload): void {
    const { host, name, resourceLimits, taskName, signal } = this.#setup
    const task = {
      kind: 'start',
      id: this.id,
      name: taskName,
      input,
      flag: this.#flag,
    } as const
    try {
      const options = { name, resourceLimits, transfer }
      this.#thread = host.launch(task, options, {
        onMessage: (message) => this.#receive(message),
        onDeath: (death) => this.#end(death),
      })
    } catch (cause) {
      this.#refusal =
        cause instanceof ThreadExitError
          ? cause
          : serializationError(taskName, 'input', input, cause, transfer)
      this.#end({ exitCode: 1 })
      return
    }
    this.#applyReference()
    if (signal === undefined) return
    this.#stopListening = onAbort(signal, () =>
      this.#ask({ reason: signal.reason, bySignal: true }, this.#setup.grace),
    )
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'started':
        this.#started = true
        if (this.#state === 'starting') this.#state = 'running'
        this.#ready.resolve()
        this.#recorder?.started()
        break
      case 'message':
        this.#channel.receive(message.message)
        break
      case 'room':
        this.#channel.addRoom(message.count)
        break
      case 'settled':
        this.#settlement = message.settlement
        // The thread is on its way out; an `exit` listener of the task's could keep it for ever.
        this.#deadline.within(this.#setup.grace)
        break
      case 'dying':
        this.#lastWords = decodeError(message.error)
        break
      case 'exiting':
        this.#use = message.use
        break
    }
  }

  /** The two stages: the flag and the signal now, the thread's end after `grace`. */
  #ask(request: StopRequest, grace: number): void {
    if (this.#hasEnded()) return
    if (this.#request === undefined) {
      this.#request = request
      this.#beginStopping()
      raise(this.#flag)
      this.#thread?.post({ kind: 'stop', reason: encodeReason(request.reason) })
      this.#channel.giveExtraRoom(LAST_MESSAGES)
    }
    this.#deadline.within(grace)
  }

  #beginStopping(): void {
    this.#state = 'stopping'
    this.#channel.closeSending(
      () =>
        new ClosedError(`thread ${this.#label()} is asked to stop, and takes no more messages.`),
    )
    this.#applyReference()
  }

  #terminate(by: Termination): void {
    this.#terminated ??= by
    if (this.#state !== 'stopping') this.#beginStopping()
    void this.#thread?.terminate()
  }

  #applyReference(): void {
    // Who asks for the end waits for it, whatever was set before.
    if (this.#referenced || this.#state === 'stopping') this.#thread?.ref()
    else this.#thread?.unref()
  }

  #end(death: ThreadDeath): ThreadExitReason {
    const { taskName, module } = this.#setup
    this.#deadline.cancel()
    this.#stopListening?.()
    const ending = endingOf({
      task: { name: taskName, thread: this.id },
      threadName: this.name,
      module,
      refusal: this.#refusal,
      started: this.#started,
      settlement: this.#settlement,
      request: this.#request,
      terminated: this.#terminated,
      death,
      lastWords: this.#lastWords,
      duration: performance.now() - this.#spawnedAt,
      use: this.#use,
    })
    const { report, joined } = ending
    this.#state = ending.state
    this.#thread = undefined
    this.#channel.closeSending(() => new ClosedError(`thread ${this.#label()} has ended.`))
    this.#channel.endReceiving()
    this.#recorder?.ended(ending, this.#settlement !== undefined)
    if (joined.status === 'fulfilled') this.#joined.resolve(joined.value)
    else this.#joined.reject(joined.reason)
    if (joined.status === 'rejected') this.#ready.reject(joined.reason) // no effect once started
    this.#exited.resolve(report)
    if (report.reason === 'terminated') return 'terminated'
    return ending.state === 'failed' ? 'failed' : 'closed'
  }

  #hasEnded(): boolean {
    return this.#state === 'exited' || this.#state === 'failed'
  }

  #label(): string {
    return `${this.id} ('${this.name}')`
  }
}

function askedToStop(name: string): DOMException {
  return new DOMException(`thread '${name}' was asked to stop`, 'AbortError')
}
