/** Spawns detached threads, and ends them all at its own end. */
import {
  ClosedError,
  type TaskArguments,
  type TaskModule,
  type TaskName,
  type TaskOutput,
} from '@threeply/task'
import { taskModuleUrl } from '@threeply/task/runner'
import type { AnyDetachedContext } from './detached-context.ts'
import { DetachedThread } from './detached-thread.ts'
import type { ExitReport } from './exit-report.ts'
import {
  checkRunnerOptions,
  checkSpawn,
  type DetachedRunnerOptions,
  type SpawnOptions,
} from './runner-options.ts'
import { RunnerRecorder } from './runner-recorder.ts'
import { graceOf, type StopOptions } from './stop-options.ts'
import type { TaskIncoming, TaskOutgoing } from './task-messages.ts'
import { ThreadHost } from './thread-host.ts'

/**
 * Runs tasks on threads of their own, which go on beside their parent.
 * @typeParam Tasks The type of the task module: `typeof import('./tasks.js')`.
 * @example
 * await using runner = new DetachedRunner<Tasks>(new URL('./tasks.js', import.meta.url))
 * const thread = runner.spawn('watchPrices', ['ACME'], { name: 'prices' })
 * for await (const price of thread) console.log(price)
 */
export class DetachedRunner<Tasks = TaskModule> {
  readonly #module: string
  readonly #grace: number
  readonly #recorder: RunnerRecorder | undefined
  readonly #host: ThreadHost
  readonly #live = new Set<DetachedThread>()
  #spawned = 0
  /** What was running when the first `shutdown` came. */
  #ending: readonly DetachedThread[] | undefined

  /**
   * @param module Where the tasks are: a `URL`, a `file:` or `data:` URL as a string, or an absolute path.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
   */
  constructor(module: URL | string, options: DetachedRunnerOptions = {}) {
    const { spares, grace, resourceLimits, metrics } = checkRunnerOptions(options)
    this.#module = taskModuleUrl('DetachedRunner', module)
    this.#grace = grace
    this.#recorder = metrics && new RunnerRecorder(metrics)
    this.#host = new ThreadHost({
      module: this.#module,
      spares,
      resourceLimits,
      recorder: this.#recorder,
    })
  }

  /**
   * Starts the task `name` on a thread of its own, and gives its handle at once. Costs the caller's
   * thread about a millisecond, the start of the thread some tens of them; with a spare, a message.
   * The input is cloned now. What goes wrong afterwards the handle tells: `ready`, `join`, `exited`.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad name or option; options with names
   *   that it does not know are ignored
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the runner is shut down
   * @example
   * const thread = runner.spawn('average', undefined)
   * await thread.send(3)
   * for await (const average of thread) console.log(average)
   */
  spawn<Name extends TaskName<Tasks, AnyDetachedContext>>(
    name: Name,
    ...[input, options = {}]: TaskArguments<Tasks, Name, SpawnOptions>
  ): DetachedThread<TaskOutput<Tasks, Name>, TaskIncoming<Tasks, Name>, TaskOutgoing<Tasks, Name>> {
    checkSpawn(name, options)
    if (this.#ending !== undefined) throw this.#closed(name)
    this.#spawned += 1
    const setup = {
      id: this.#spawned,
      name: options.name ?? name,
      module: this.#module,
      taskName: name,
      resourceLimits: options.resourceLimits,
      signal: options.signal,
      ref: options.ref ?? true,
      grace: this.#grace,
      host: this.#host,
      recorder: this.#recorder,
    }
    const thread = new DetachedThread<
      TaskOutput<Tasks, Name>,
      TaskIncoming<Tasks, Name>,
      TaskOutgoing<Tasks, Name>
    >(setup, { input, transfer: options.transfer ?? [] })
    this.#live.add(thread)
    void thread.exited.then(() => this.#live.delete(thread))
    return thread
  }

  /**
   * Takes no more spawns, asks all threads to stop, waits `grace`, terminates the rest, and ends the
   * spares. Called again, it waits for the same threads, and the shorter grace counts.
   * @returns The reports of the threads that had not ended, in the order in which they were spawned.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad `grace`; nothing is asked then
   */
  async shutdown(options: StopOptions = {}): Promise<ExitReport[]> {
    const grace = graceOf('shutdown', options, this.#grace)
    this.#ending ??= [...this.#live]
    const [reports] = await Promise.all([
      Promise.all(this.#ending.map((thread) => thread.stop({ grace }))),
      this.#host.close(),
    ])
    return reports
  }

  /** `await using` shuts down, with the runner's own `grace`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }

  #closed(name: string): ClosedError {
    this.#recorder?.taskRefused()
    return new ClosedError(
      `'${name}' was not spawned: the runner is shut down. Spawn before \`shutdown\`, or make a new runner.`,
    )
  }
}
