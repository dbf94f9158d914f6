/**
 * What tasks of a thread gave, on its way to the parent: several outputs to a message, and none kept
 * back for long.
 */
import { type EncodedError, encodeError } from '@threeply/task'
import { type StandardStreams, serializationError } from '@threeply/task/runner'
import type { Transferable } from '../call-options.ts'
import { DONE, type Duration, type Failure, type FromThread, LATE } from '../messages.ts'
import { PlainCopier } from './plain-copy.ts'
import type { TaskMeter } from './task-meter.ts'

export type Post = (message: FromThread, transfer: readonly Transferable[]) => void

/** What is finished waits so long at most for the rest of its chunk, in milliseconds. */
const HOLD_MS = 4

/**
 * Outputs of calls of `run` are held behind no task of a name that has taken longer than this, in
 * milliseconds, within so many.
 */
const LONG_MS = 20
const LONG_FOR_MS = 10_000

/** The clock, which costs as much as a small task, is read about so often, in milliseconds. */
const CLOCK_MS = 0.1
const MAX_BETWEEN_READINGS = 64

export class Answers {
  readonly #post: Post
  readonly #meter: TaskMeter
  readonly #streams: StandardStreams
  readonly #copier = new PlainCopier()
  /** Of the outputs from each place on. */
  #names: (readonly [from: number, name: string])[] = []
  #lastName: string | undefined
  #outputs: unknown[] = []
  /** What is moved with the last of them, */
  #transfer: readonly Transferable[] = []
  /** Whether they have to be posted before the next task starts. */
  isDue = false
  #failures: Failure[] = []
  #durations: (readonly [name: string, count: number, duration: number])[] = []
  /** The items that gave them, when they are not those that come next. */
  #items: number[] | undefined

  /**
   * When the clock was last read, how many tasks have left the thread since, how many of them have
   * ended, and after how many to read it.
   */
  #readAt = 0
  #counted = 0
  /** How many calls of functions these were, more than tasks. */
  #invocations = 0
  #ended = 0
  #between = 1
  /** Milliseconds that posting single outputs took, which are part of what the tasks cost, not of their run. */
  #posting = 0
  /** When tasks of a name took long last. */
  readonly #longAt = new Map<string, number>()
  /** When what is held was first seen to be. */
  #heldSince: number | undefined

  constructor(post: Post, meter: TaskMeter, streams: StandardStreams) {
    this.#post = post
    this.#meter = meter
    this.#streams = streams
  }

  get isEmpty(): boolean {
    return this.#outputs.length === 0
  }

  /**
   * Small plain outputs are copied, to wait for others. What is moved, and whatever else the next task
   * may change, does not wait: it is posted before another task starts.
   * @param item Its number, when it is not the next in order; for all of these answers or none.
   */
  add(name: string, output: unknown, transfer: readonly unknown[], item?: number): void {
    const isObject = typeof output === 'object' && output !== null
    const held = isObject && transfer.length === 0 ? this.#copyOf(output) : output
    const mayWait = transfer.length === 0 && (held !== undefined || !isObject)
    this.#hold(name, mayWait ? held : output, item)
    if (mayWait) return
    this.#transfer = transfer as readonly Transferable[]
    this.isDue = true
  }

  #copyOf(output: object): unknown {
    const copy = this.#copier.copyOf(output)
    if (copy !== undefined || !this.#streams.isWriting) return copy
    try {
      return structuredClone(output) // it waits for what was written
    } catch {
      return undefined // and is refused when it is posted, with its path
    }
  }

  /** @param item As of `add`. */
  fail(name: string, error: unknown, item?: number): void {
    this.#failures.push([this.#outputs.length, encodeError(error)])
    this.#hold(name, undefined, item)
    // It may be what ends a sibling that comes next in the chunk, and waits for just that.
    this.isDue = true
  }

  /** The place of an item that has no output. */
  skip(name: string): void {
    this.#hold(name, undefined, undefined)
  }

  /** The place of an item that is going to be answered by its number. */
  setAside(name: string): void {
    this.#failures.push([this.#outputs.length, undefined])
    this.skip(name)
  }

  /** When the clock was last read: the task that runs now has started since. */
  get readAt(): number {
    return this.#readAt
  }

  startClock(): void {
    this.#readAt = performance.now()
    this.#counted = 0
    this.#ended = 0
    this.#between = 1
  }

  /** Whether one who waits for an output of such a task should not have to wait for the next task. */
  mayBeFollowedByLong(name: string): boolean {
    return this.#readAt - (this.#longAt.get(name) ?? Number.NEGATIVE_INFINITY) < LONG_FOR_MS
  }

  /**
   * A task of that name has ended, or is set aside.
   * @param mayWait Whether its output may wait for others.
   * @returns Whether what there is is due.
   */
  count(name: string, submittedAt: number, hasEnded: boolean, mayWait: boolean): boolean {
    this.#counted += 1
    if (hasEnded) this.#ended += 1
    if (!mayWait) this.isDue = true
    if (this.#counted >= this.#between || this.isDue) this.readClock(name, submittedAt)
    return this.isDue
  }

  /** Posts what is due; what that takes is part of what a task costs, and not of its run. */
  postDue(): void {
    this.flush()
    const now = performance.now()
    this.#posting += now - this.#readAt
    this.#readAt = now
  }

  /** What happened since the clock was read is no task's. */
  skipTime(): void {
    this.#readAt = performance.now()
  }

  /** The task that is counted next has folded `values`: its function was called for each but the first. */
  countFold(values: readonly unknown[]): void {
    this.#invocations += values.length - 2
  }

  /** Notes how long the tasks counted since the last reading took; they are all of that name. */
  readClock(name: string, submittedAt: number): void {
    if (this.#counted === 0) return
    const now = performance.now()
    const duration = now - this.#readAt
    this.#addDuration([name, this.#counted + this.#invocations, duration + this.#posting])
    this.#posting = 0
    this.#invocations = 0
    this.#meter.ran(this.#ended, submittedAt, this.#readAt, now)
    if (duration > LONG_MS) this.#longAt.set(name, now)
    const perTask = duration / this.#counted
    this.#between = Math.min(MAX_BETWEEN_READINGS, Math.max(1, Math.floor(CLOCK_MS / perTask)))
    this.#counted = 0
    this.#ended = 0
    this.#heldSince ??= this.#readAt
    this.#readAt = now
    if (now - this.#heldSince >= HOLD_MS) this.isDue = true
  }

  /** Posts what is held. */
  flush(): void {
    this.#meter.record()
    this.#heldSince = undefined
    this.isDue = false
    if (this.#outputs.length === 0) return
    const names = this.#names
    const outputs = this.#outputs
    const failures = this.#failures
    const durations = this.#durations
    const transfer = this.#transfer
    const items = this.#items
    this.#items = undefined
    this.#outputs = []
    this.#failures = []
    this.#durations = []
    this.#transfer = []
    try {
      if (items === undefined) this.#post([DONE, outputs, failures, durations], transfer)
      else this.#post([LATE, items, outputs, failures], transfer)
    } catch (error) {
      if (outputs.length === 1) this.#postRefused(names[0]![1], outputs[0], error, transfer, items)
      else this.#postEach(names, outputs, failures, transfer, items)
    }
  }

  #hold(name: string, output: unknown, item: number | undefined): void {
    if (item !== undefined) {
      this.#items ??= []
      this.#items.push(item)
    }
    if (this.#outputs.length === 0) {
      this.#names = [[0, name]]
      this.#outputs = [output]
    } else {
      if (this.#lastName !== name) this.#names.push([this.#outputs.length, name])
      this.#outputs.push(output)
    }
    this.#lastName = name
  }

  #postEach(
    names: readonly (readonly [from: number, name: string])[],
    outputs: readonly unknown[],
    failures: readonly Failure[],
    transfer: readonly Transferable[],
    items: readonly number[] | undefined,
  ): void {
    const failureAt = new Map<number, EncodedError | undefined>(failures)
    outputs.forEach((output, offset) => {
      const failed: Failure[] = failureAt.has(offset) ? [[0, failureAt.get(offset)]] : []
      const item = items?.slice(offset, offset + 1)
      const moved = offset === outputs.length - 1 ? transfer : []
      try {
        this.#postOne(output, failed, moved, item)
      } catch (error) {
        const [, name] = names.findLast(([from]) => from <= offset)!
        this.#postRefused(name, output, error, moved, item)
      }
    })
  }

  #postOne(
    output: unknown,
    failures: readonly Failure[],
    transfer: readonly Transferable[],
    item: readonly number[] | undefined,
  ): void {
    if (item === undefined) this.#post([DONE, [output], failures, []], transfer)
    else this.#post([LATE, item, [output], failures], transfer)
  }

  #postRefused(
    name: string,
    output: unknown,
    cause: unknown,
    transfer: readonly Transferable[],
    item: readonly number[] | undefined,
  ): void {
    const error = serializationError(name, 'output', output, cause, transfer)
    this.#postOne(undefined, [[0, encodeError(error)]], [], item)
  }

  #addDuration(duration: Duration): void {
    const [name, count, elapsed] = duration
    const last = this.#durations.at(-1)
    // Most messages have one: a literal takes no more room than that, where `push` makes some for 17.
    if (last === undefined) this.#durations = [duration]
    else if (last[0] !== name) this.#durations.push(duration)
    else this.#durations[this.#durations.length - 1] = [name, last[1] + count, last[2] + elapsed]
  }
}
