/** How tasks on a thread are stopped: at once before they start, in two stages once they run. */
import type { Children } from './children.ts'
import { GracePeriods } from './grace-periods.ts'
import { cancelMessage, type ToThread } from './messages.ts'
import type { SentTasks } from './sent-tasks.ts'
import type { Cancellation, Task } from './submission.ts'

/** The thread that has the tasks. */
export interface StoppingThread {
  /** Throws what `postMessage` throws. */
  post(message: ToThread): void
  /** Ends the thread, since a task goes on. */
  terminate(): void
}

/** So many milliseconds a task waits at most while another one has its thread; its grace is from then. */
const LONGEST_WAIT_MS = 5_000
/** Whether it still has, is asked so often, in milliseconds. */
const ASK_MS = 20

export class Stopping {
  readonly #sent: SentTasks
  readonly #children: Children
  readonly #thread: StoppingThread
  readonly #gracePeriods = new GracePeriods()

  constructor(sent: SentTasks, children: Children, thread: StoppingThread) {
    this.#sent = sent
    this.#children = children
    this.#thread = thread
  }

  /** Whether nothing that it has was cancelled while it ran. */
  get isIdle(): boolean {
    return this.#gracePeriods.isEmpty
  }

  /** Why the task, which runs, was cancelled, if it was. */
  cancellationOf(task: Task): Cancellation | undefined {
    return this.#gracePeriods.cancellation(task)
  }

  /** The task has ended. @returns Why it was cancelled, if it was. */
  ended(task: Task): Cancellation | undefined {
    return this.#gracePeriods.end(task)
  }

  stop(task: Task, cancellation: Cancellation): void {
    const hasStarted = !this.#sent.withdraw(task)
    if (!hasStarted || !this.#sent.isRunning(task)) {
      this.#reject(task, cancellation, hasStarted)
      return
    }
    if (this.#gracePeriods.has(task)) return
    this.#startGrace(task, cancellation)
    this.#sent.stateOf(task).cancel()
    this.#postReason(task.item, cancellation.reason)
    this.#children.cancelOf(task, cancellation)
  }

  #reject(task: Task, { reason, outcome }: Cancellation, hasStarted: boolean): void {
    this.#sent.drop(task)
    this.ended(task)
    task.reject(reason, outcome, hasStarted)
  }

  /** The last child of the task has ended: only now it can end itself. */
  childless(task: Task): void {
    const cancellation = this.#gracePeriods.cancellation(task)
    if (cancellation !== undefined) this.#startGrace(task, cancellation)
  }

  #startGrace(task: Task, cancellation: Cancellation): void {
    const { grace } = task.call.settings
    const end = performance.now() + grace + LONGEST_WAIT_MS
    const onOver = () => this.#onGraceOver(task, cancellation, end)
    this.#gracePeriods.start(task, cancellation, grace, onOver)
  }

  /**
   * @param end When it is over though another task has the thread, by `performance.now()`.
   * @param wasKept Whether another task had it until now.
   */
  #onGraceOver(task: Task, cancellation: Cancellation, end: number, wasKept = false): void {
    // It could not end before its children have, and each of these has a grace of its own.
    if (this.#children.has(task)) this.#startGrace(task, cancellation)
    // Nor while another task computes on its thread, which terminating would harm.
    else if (this.#sent.isKeptWaiting(task) && performance.now() < end) {
      const onOver = () => this.#onGraceOver(task, cancellation, end, true)
      this.#gracePeriods.start(task, cancellation, ASK_MS, onOver)
    } else if (wasKept && this.#sent.isRunning(task)) {
      // Only now it can hear that it was cancelled, and end.
      const onOver = () => this.#onGraceOver(task, cancellation, end)
      const grace = Math.max(ASK_MS, task.call.settings.grace)
      this.#gracePeriods.start(task, cancellation, grace, onOver)
    } else if (this.#sent.isRunning(task)) this.#thread.terminate()
    else this.#reject(task, cancellation, true)
  }

  #postReason(item: number, reason: unknown): void {
    try {
      this.#thread.post(cancelMessage(item, reason))
    } catch {
      // The reason cannot travel; the task gets another, and the caller its own.
      const standIn = new DOMException('This task was cancelled', 'AbortError')
      this.#thread.post(cancelMessage(item, standIn))
    }
  }
}
