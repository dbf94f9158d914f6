/**
 * Runs chunks of tasks on a thread, one task after the other; but one that waits for children which
 * it has forked is set aside, and others run meanwhile.
 */
import { setImmediate } from 'node:timers'
import type { LoadedModule, LoadedTask, StandardStreams } from '@threeply/task/runner'
import { apart, type Carried } from '../carry.ts'
import type { FreshPage, ItemStates } from '../item-states.ts'
import {
  type CancelReason,
  decodeReason,
  FOLDS,
  IS_RUN,
  type Segment,
  WANTS_PROGRESS,
  WANTS_START_TIME,
} from '../messages.ts'
import { runInTrace, type TraceCarrier } from '../trace-context.ts'
import { Answers, type Post } from './answers.ts'
import { foldOf } from './fold.ts'
import type { ForkingTask } from './forking-task.ts'
import type { IdlePoll } from './idle-poll.ts'
import { progressReport } from './progress-report.ts'
import { SetAsideTasks } from './set-aside-tasks.ts'
import type { TaskMeter } from './task-meter.ts'
import { isThenable } from './thenable.ts'
import { type SharedContext, ThreadForkContext } from './thread-fork-context.ts'
import { ThreadForks } from './thread-forks.ts'

interface Chunk {
  readonly first: number
  readonly segments: readonly Segment[]
}

export class ChunkRunner {
  readonly forks: ThreadForks
  readonly #module: LoadedModule
  readonly #states: ItemStates
  readonly #post: Post
  readonly #meter: TaskMeter
  readonly #idlePoll: IdlePoll
  readonly #streams: StandardStreams
  readonly #answers: Answers
  readonly #setAside: SetAsideTasks
  readonly #waiting: Chunk[] = []
  #isRunning = false
  #mayPoll = false
  #willFlush = false

  /** The item whose turn it is, and its context for as long as its function runs. */
  #item = -1
  #name = ''
  #context: ThreadForkContext | undefined
  #submittedAt = 0
  #isSetAside = false
  /** Ends the turn of one that is awaited. */
  #endTurn: (() => void) | undefined

  constructor(
    module: LoadedModule,
    states: ItemStates,
    meter: TaskMeter,
    post: Post,
    idlePoll: IdlePoll,
    streams: StandardStreams,
  ) {
    this.#module = module
    this.#states = states
    this.#post = post
    this.#meter = meter
    this.#idlePoll = idlePoll
    this.#streams = streams
    this.#answers = new Answers(post, meter, streams)
    // Their answers follow those that tell that they were set aside.
    const postLate: Post = (message, transfer) => {
      this.#answers.flush()
      post(message, transfer)
    }
    this.#setAside = new SetAsideTasks(postLate, meter, streams, () => this.#flushWhenIdle())
    this.forks = new ThreadForks(post, {
      taskOf: (context) => this.#setAside.get(context.item) ?? this.#setAsideNow(context),
      onRequest: () => this.#flushWhenIdle(),
    })
  }

  run(
    first: number,
    segments: readonly Segment[],
    page: FreshPage | undefined,
    mayPoll: boolean,
  ): void {
    if (page !== undefined) this.#states.install(page)
    this.#mayPoll = mayPoll
    this.#waiting.push({ first, segments })
    if (!this.#isRunning) void this.#runAll()
  }

  cancel(item: number, reason: CancelReason): void {
    const current = item === this.#item ? this.#context : undefined
    const running = this.#setAside.get(item) ?? current
    running?.cancel(decodeReason(reason)) // unless it has ended meanwhile
  }

  /** Posts what is finished, and what has been forked. */
  flush(): void {
    this.forks.flush()
    this.#answers.flush()
    this.#setAside.flush()
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      if (this.#streams.isWriting) await this.#streams.written()
      this.flush() // nothing that others wait for may wait for what begins
      this.#item = chunk.first
      this.#answers.startClock()
      for (const [name, wishes, submittedAt, inputs, carried] of chunk.segments) {
        const folds = (wishes & FOLDS) !== 0
        const task = folds ? foldOf(this.#find(name)) : this.#find(name)
        this.#name = name
        this.#submittedAt = submittedAt
        const trace = carried?.[1]
        const shared = this.#sharedContext(name, wishes, carried)
        const isTimed = (wishes & WANTS_START_TIME) !== 0
        const isRun = (wishes & IS_RUN) !== 0
        let mayWait = !isRun || !(isTimed || this.#answers.mayBeFollowedByLong(name))
        for (const input of inputs) {
          if (this.#setAside.isAnyBusy) await this.#noneBusy()
          if (isTimed) this.#states.at(this.#item).recordStart()
          if (this.#states.start(this.#item)) {
            this.#meter.started()
            const context = new ThreadForkContext(this.#item, shared)
            const turn = this.#start(task, name, input, context, trace)
            if (turn !== undefined) await turn
            this.#context = undefined
            if (folds) this.#answers.countFold(input as readonly unknown[])
            if (this.#answers.count(name, submittedAt, !this.#isSetAside, mayWait)) {
              if (this.#streams.isWriting) await this.#written()
              this.#answers.postDue()
              if (isRun && this.#answers.mayBeFollowedByLong(name)) mayWait = false
            }
          } else {
            this.#answers.skip(name)
          }
          this.#item += 1
        }
        this.#answers.readClock(name, submittedAt)
      }
      if (this.#streams.isWriting) await this.#streams.written()
      this.flush()
    }
    this.#isRunning = false
    if (this.#mayPoll) this.#idlePoll.start()
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

  /** @returns What to wait for, if the task needs the thread for longer. It never rejects. */
  #start(
    task: LoadedTask,
    name: string,
    input: unknown,
    context: ThreadForkContext,
    trace: TraceCarrier | undefined,
  ): Promise<void> | undefined {
    this.#context = context
    this.#isSetAside = false
    try {
      // Not `task(input, context)`: V8 would inline a hot task here and run its loops five times slower.
      const output: unknown =
        trace === undefined
          ? Reflect.apply(task, undefined, [input, context])
          : runInTrace(trace, () => Reflect.apply(task, undefined, [input, context]))
      if (isThenable(output)) return this.#await(name, output, context)
      if (this.#isSetAside) void this.#setAside.end(context, { output })
      else this.#fulfil(name, output, context)
    } catch (error) {
      if (this.#isSetAside) void this.#setAside.end(context, { error })
      else this.#fail(name, error)
    }
    return undefined
  }

  #await(
    name: string,
    pending: PromiseLike<unknown>,
    context: ThreadForkContext,
  ): Promise<void> | undefined {
    if (this.#isSetAside) {
      void this.#finish(name, pending, context)
      return undefined
    }
    this.#states.await(context.item)
    this.#flushWhenIdle()
    return new Promise((resolve) => {
      this.#endTurn = resolve
      void this.#finish(name, pending, context)
    })
  }

  async #finish(
    name: string,
    pending: PromiseLike<unknown>,
    context: ThreadForkContext,
  ): Promise<void> {
    try {
      const output = await pending
      if (this.#hasTurn(context)) this.#fulfil(name, output, context)
      else void this.#setAside.end(context, { output })
    } catch (error) {
      if (this.#hasTurn(context)) this.#fail(name, error)
      else void this.#setAside.end(context, { error })
    }
    if (this.#hasTurn(context)) {
      this.#context = undefined
      this.#endTurn?.()
    }
  }

  // It has ended before it is answered: whoever has the answer finds it counted.
  #fulfil(name: string, output: unknown, context: ThreadForkContext): void {
    this.#meter.ended()
    this.#answers.add(name, output, context.transferred)
  }

  #fail(name: string, error: unknown): void {
    this.#meter.ended()
    this.#answers.fail(name, error)
  }

  /** Whether it is its turn still, as it has not forked. */
  #hasTurn(context: ThreadForkContext): boolean {
    return context === this.#context && !this.#isSetAside
  }

  /** The task whose turn it is forks for the first time; from now on it is answered by its number. */
  #setAsideNow(context: ThreadForkContext): ForkingTask | undefined {
    if (context !== this.#context || this.#isSetAside) return undefined
    this.#isSetAside = true
    const forking = this.#setAside.add({
      name: this.#name,
      context,
      state: context.state,
      submittedAt: this.#submittedAt,
      startedAt: this.#answers.readAt,
    })
    this.#answers.setAside(this.#name)
    this.#endTurn?.()
    return forking
  }

  async #noneBusy(): Promise<void> {
    this.#flushWhenIdle()
    while (this.#setAside.isAnyBusy) {
      await this.#setAside.noneBusy()
      if (this.#streams.isWriting) await this.#streams.written()
    }
    this.flush()
  }

  /** Posts what there is when the thread comes to wait for something outside. */
  #flushWhenIdle(): void {
    if (this.#willFlush) return
    if (this.#answers.isEmpty && this.#setAside.isEmpty && this.forks.isEmpty) return
    this.#willFlush = true
    setImmediate(() => void this.#flushNow())
  }

  async #flushNow(): Promise<void> {
    this.forks.flush()
    if (this.#streams.isWriting) await this.#streams.written()
    this.#willFlush = false
    this.flush()
  }

  /** Between two tasks; what tasks wrote leaves the thread before their answers. */
  async #written(): Promise<void> {
    await this.#streams.written()
    this.#answers.skipTime()
  }

  #sharedContext(name: string, wishes: number, carried: Carried | undefined): SharedContext {
    const wantsProgress = (wishes & WANTS_PROGRESS) !== 0
    return {
      states: this.#states,
      forks: this.forks,
      carried: apart(carried?.[0]),
      onProgress: wantsProgress ? progressReport(name, this.#post) : ignore,
    }
  }
}

function ignore(): void {}
