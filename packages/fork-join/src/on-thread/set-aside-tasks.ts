/**
 * The tasks of a thread that have forked: set aside, so that others run while they wait for children,
 * and answered by their numbers when they and their children have ended.
 */
import type { StandardStreams } from '@threeply/task/runner'
import { Answers, type Post } from './answers.ts'
import { type Ending, ForkingTask, type StartedTask } from './forking-task.ts'
import type { TaskMeter } from './task-meter.ts'
import type { ThreadForkContext } from './thread-fork-context.ts'

export class SetAsideTasks {
  readonly #meter: TaskMeter
  readonly #streams: StandardStreams
  readonly #answers: Answers
  readonly #onAnswer: () => void
  readonly #byItem = new Map<number, ForkingTask>()
  /** How many of them do not wait for children. */
  #busy = 0
  #onNoneBusy: (() => void) | undefined

  /** @param onAnswer Called when there is something to flush. */
  constructor(post: Post, meter: TaskMeter, streams: StandardStreams, onAnswer: () => void) {
    this.#meter = meter
    this.#streams = streams
    this.#answers = new Answers(post, meter, streams)
    this.#onAnswer = onAnswer
  }

  /** Whether one needs the thread, so that no other may start. */
  get isAnyBusy(): boolean {
    return this.#busy > 0
  }

  /** Whether there is nothing to flush. */
  get isEmpty(): boolean {
    return this.#answers.isEmpty
  }

  get(item: number): ForkingTask | undefined {
    return this.#byItem.get(item)
  }

  /** A task has forked for the first time. */
  add(task: StartedTask): ForkingTask {
    const forking = new ForkingTask(task, {
      onBusy: () => {
        this.#busy += 1
      },
      onFree: () => {
        this.#busy -= 1
        if (this.#busy === 0) this.#onNoneBusy?.()
      },
    })
    this.#byItem.set(forking.item, forking)
    return forking
  }

  /** The function of one has ended, which is answered when its children have, too. */
  async end({ item }: ThreadForkContext, ending: Ending): Promise<void> {
    const forking = this.#byItem.get(item)!
    const { name, state, context, startedAt, submittedAt } = forking
    const final = await forking.end(ending)
    this.#byItem.delete(item)
    state.end() // T6
    this.#meter.ended()
    this.#meter.ran(1, submittedAt, startedAt, performance.now())
    if ('output' in final) this.#answers.add(name, final.output, context.transferred, item)
    else this.#answers.fail(name, final.error, item)
    // What is moved goes with the last answer of a message, so before there is another.
    const mayWait = context.transferred.length === 0
    if (mayWait && this.#streams.isWriting) await this.#streams.written()
    if (this.#answers.isDue) this.#answers.flush()
    forking.leave()
    this.#onAnswer()
  }

  /** Fulfils when none needs the thread. */
  async noneBusy(): Promise<void> {
    while (this.#busy > 0) {
      await new Promise<void>((resolve) => {
        this.#onNoneBusy = resolve
      })
    }
  }

  flush(): void {
    this.#answers.flush()
  }
}
