/** Runs chunks of tasks on a thread, one task after the other. */
import { decodeError } from '@threeply/task'
import {
  type LoadedModule,
  type LoadedTask,
  serializationError,
  ThreadTaskContext,
} from '@threeply/task/runner'
import { Answers, type Post } from './answers.ts'
import { foldOf } from './fold.ts'
import type { ItemStates } from './item-states.ts'
import {
  type CancelReason,
  FOLDS,
  PROGRESS,
  type Segment,
  WANTS_PROGRESS,
  WANTS_START_TIME,
} from './messages.ts'
import type { TaskMeter } from './task-meter.ts'
import { isThenable } from './thenable.ts'

interface Chunk {
  readonly first: number
  readonly segments: readonly Segment[]
}

export class ChunkRunner {
  readonly #module: LoadedModule
  readonly #states: ItemStates
  readonly #post: Post
  readonly #meter: TaskMeter
  readonly #answers: Answers
  readonly #waiting: Chunk[] = []
  #isRunning = false
  /** The item that is running, and its context. */
  #item = -1
  #context: ThreadTaskContext | undefined

  constructor(module: LoadedModule, states: ItemStates, meter: TaskMeter, post: Post) {
    this.#module = module
    this.#states = states
    this.#post = post
    this.#meter = meter
    this.#answers = new Answers(post, meter)
  }

  run(first: number, segments: readonly Segment[]): void {
    this.#waiting.push({ first, segments })
    if (!this.#isRunning) void this.#runAll()
  }

  cancel(item: number, reason: CancelReason): void {
    if (item !== this.#item) return // it has ended meanwhile
    this.#context?.cancel(reason[0] === 'error' ? decodeError(reason[1]) : reason[1])
  }

  /** Posts what is finished. */
  flush(): void {
    this.#answers.flush()
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      this.#item = chunk.first
      this.#answers.startClock()
      for (const [name, wishes, submittedAt, inputs] of chunk.segments) {
        const folds = (wishes & FOLDS) !== 0
        const task = folds ? foldOf(this.#find(name)) : this.#find(name)
        for (const input of inputs) {
          if (this.#states.start(this.#item)) {
            this.#meter.started()
            const pending = this.#start(task, name, wishes, input)
            if (pending !== undefined) await pending
            this.#meter.ended()
            if (folds) this.#answers.countFold(input as readonly unknown[])
            this.#answers.count(name, submittedAt)
          } else {
            this.#answers.skip(name)
          }
          this.#item += 1
        }
        this.#answers.readClock(name, submittedAt)
      }
      this.#answers.flush()
    }
    this.#isRunning = false
  }

  /** The task of that name, or one that fails as there is none. */
  #find(name: string): LoadedTask {
    try {
      return this.#module.task(name)
    } catch (error) {
      return () => {
        throw error
      }
    }
  }

  /** @returns What to wait for, if the task is not over yet. It never rejects. */
  #start(
    task: LoadedTask,
    name: string,
    wishes: number,
    input: unknown,
  ): Promise<void> | undefined {
    if ((wishes & WANTS_START_TIME) !== 0) this.#states.recordStart()
    const context = this.#newContext(name, wishes)
    this.#context = context
    try {
      // Not `task(input, context)`: V8 would inline a hot task here and run its loops five times slower.
      const output: unknown = Reflect.apply(task, undefined, [input, context])
      if (isThenable(output)) return this.#finish(name, output, context)
      this.#answers.add(name, output, context.transferred)
    } catch (error) {
      this.#answers.fail(name, error)
    }
    return undefined
  }

  async #finish(
    name: string,
    pending: PromiseLike<unknown>,
    context: ThreadTaskContext,
  ): Promise<void> {
    this.#answers.flushWhenIdle()
    try {
      this.#answers.add(name, await pending, context.transferred)
    } catch (error) {
      this.#answers.fail(name, error)
    }
  }

  #newContext(name: string, wishes: number): ThreadTaskContext {
    const item = this.#item
    const wantsProgress = (wishes & WANTS_PROGRESS) !== 0
    const onProgress = wantsProgress ? (value: unknown) => this.#report(name, item, value) : ignore
    return new ThreadTaskContext(this.#states.flag(item), onProgress)
  }

  #report(name: string, item: number, value: unknown): void {
    try {
      this.#post([PROGRESS, item, value], [])
    } catch (error) {
      throw serializationError(name, 'progress', value, error)
    }
  }
}

function ignore(): void {}
