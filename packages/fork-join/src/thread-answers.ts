/** What a thread answers: which of the tasks that it was sent that settles, and as what. */
import { decodeError, type EncodedError } from '@threeply/task'
import { nameTask } from './failed-task.ts'
import type { Failure } from './messages.ts'
import type { SentTasks } from './sent-tasks.ts'
import type { Stopping } from './stopping.ts'
import type { Task } from './submission.ts'

export class ThreadAnswers {
  readonly #sent: SentTasks
  readonly #stopping: Stopping
  readonly #threadId: number

  constructor(sent: SentTasks, stopping: Stopping, threadId: number) {
    this.#sent = sent
    this.#stopping = stopping
    this.#threadId = threadId
  }

  /** Of the items from the first unanswered on. */
  take(outputs: readonly unknown[], failures: readonly Failure[]): void {
    let failed = 0
    let offset = 0
    // With neither failures nor cancellations, nothing but outputs has to be told apart.
    if (failures.length === 0 && this.#stopping.isIdle) {
      for (let count = -1; count !== 0 && offset < outputs.length; offset += count) {
        count = this.#sent.fulfil(outputs, offset)
      }
    }
    for (; offset < outputs.length; offset += 1) {
      const failure = failures[failed]?.[0] === offset ? failures[failed] : undefined
      if (failure !== undefined) failed += 1
      if (failure !== undefined && failure[1] === undefined) {
        this.#sent.shiftAside()
        continue
      }
      const task = this.#sent.shift()
      if (task !== undefined) this.#settle(task, outputs[offset], failure?.[1])
    }
  }

  /** Of items that were set aside, by their numbers. */
  takeLate(
    items: readonly number[],
    outputs: readonly unknown[],
    failures: readonly Failure[],
  ): void {
    const failureAt = new Map(failures)
    items.forEach((item, offset) => {
      const task = this.#sent.takeAside(item)
      if (task !== undefined) this.#settle(task, outputs[offset], failureAt.get(offset))
    })
  }

  progress(item: number, value: unknown): void {
    const onProgress = this.#sent.at(item)?.call.settings.onProgress
    // What the callback throws is the user's, and must not end up in ours.
    if (onProgress !== undefined) queueMicrotask(() => onProgress(value))
  }

  #settle(task: Task, output: unknown, failure: EncodedError | undefined): void {
    task.thread = undefined
    const cancellation = this.#stopping.ended(task)
    if (cancellation !== undefined) task.reject(cancellation.reason, cancellation.outcome, true)
    else if (failure === undefined) task.fulfil(output)
    else task.reject(nameTask(decodeError(failure), task, this.#threadId), 'failed', true)
  }
}
