/** One run of a task in its thread: from the `start` of its parent to its settlement. */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { encodeError } from '@threeply/task'
import { isError, type LoadedModule, serializationError } from '@threeply/task/runner'
import { Channel } from './channel.ts'
import {
  decodeReason,
  type FromThread,
  isRaised,
  type Settlement,
  type StartFrame,
  type ToThread,
} from './messages.ts'
import type { RunRecorder } from './run-recorder.ts'
import { ThreadContext } from './thread-context.ts'

export class TaskRun {
  readonly #port: MessagePort
  readonly #task: StartFrame
  readonly #channel: Channel
  readonly #context: ThreadContext

  constructor(port: MessagePort, task: StartFrame) {
    this.#port = port
    this.#task = task
    this.#channel = new Channel(task.name, (frame, transfer) => this.#post(frame, transfer))
    this.#context = new ThreadContext({ words: task.flag, index: 0 }, this.#channel)
  }

  /** The parent says something. */
  receive(message: Exclude<ToThread, StartFrame>): void {
    switch (message.kind) {
      case 'message':
        this.#channel.receive(message.message)
        break
      case 'room':
        this.#channel.addRoom(message.count)
        break
      case 'stop':
        this.#context.cancel(decodeReason(message.reason))
        this.#channel.endReceiving()
        break
    }
  }

  /**
   * Runs the task and tells the parent how it settled. Never rejects.
   * @returns Whether it settled as it should, for the thread's exit code.
   */
  async run(
    loading: Promise<LoadedModule>,
    opening: Promise<RunRecorder> | undefined,
  ): Promise<boolean> {
    const settlement = await this.#settle(loading, await opening)
    this.#channel.flush()
    return this.#report(settlement)
  }

  async #settle(
    loading: Promise<LoadedModule>,
    recorder: RunRecorder | undefined,
  ): Promise<Settlement> {
    let task: ReturnType<LoadedModule['task']>
    try {
      task = (await loading).task(this.#task.name)
    } catch (error) {
      return { status: 'refused', error: encodeError(error) }
    }
    if (isRaised(this.#task.flag)) return { status: 'skipped' }
    this.#post({ kind: 'started' })
    const ended = recorder?.start(this.#task.id)
    try {
      const output = await task(this.#task.input, this.#context)
      return { status: 'returned', output, asked: isRaised(this.#task.flag) }
    } catch (thrown) {
      return { status: 'threw', error: encodeError(thrown), isReason: this.#isReason(thrown) }
    } finally {
      ended?.()
    }
  }

  /** Node's own functions wrap the reason: an `AbortError` that has it as its cause. */
  #isReason(thrown: unknown): boolean {
    if (this.#context.isReason(thrown)) return true
    return isError(thrown) && thrown.name === 'AbortError' && this.#context.isReason(thrown.cause)
  }

  #report(settlement: Settlement): boolean {
    const transfer = [...new Set(this.#context.transferred)] // twice the same would be refused
    try {
      this.#post({ kind: 'settled', settlement }, transfer)
      return settlement.status === 'returned' || isStop(settlement)
    } catch (cause) {
      // Only an output can be refused: errors are encoded.
      const output = settlement.status === 'returned' ? settlement.output : undefined
      const error = serializationError(this.#task.name, 'output', output, cause, transfer)
      const refused: Settlement = { status: 'threw', error: encodeError(error), isReason: false }
      this.#post({ kind: 'settled', settlement: refused })
      return false
    }
  }

  #post(message: FromThread, transfer: readonly unknown[] = []): void {
    this.#port.postMessage(message, transfer as Transferable[])
  }
}

function isStop(settlement: Settlement): boolean {
  return settlement.status === 'skipped' || (settlement.status === 'threw' && settlement.isReason)
}
