/**
 * What tasks of a thread gave, on its way to the parent: several outputs to a message, and none kept
 * back for long.
 */
import { setImmediate } from 'node:timers'
import { type EncodedError, encodeError } from '@threeply/task'
import { serializationError } from '@threeply/task/runner'
import { AliasGuard } from './alias-guard.ts'
import type { Transferable } from './call-options.ts'
import { DONE, type Duration, type Failure, type FromThread } from './messages.ts'
import type { TaskMeter } from './task-meter.ts'

export type Post = (message: FromThread, transfer: readonly Transferable[]) => void

/** What is finished waits so long at most for the rest of its chunk, in milliseconds. */
const HOLD_MS = 4

/** The clock, which costs as much as a small task, is read about so often, in milliseconds. */
const CLOCK_MS = 0.1
const MAX_BETWEEN_READINGS = 64

export class Answers {
  readonly #post: Post
  readonly #meter: TaskMeter
  readonly #guard = new AliasGuard()
  /** Of the outputs from each place on. */
  #names: (readonly [from: number, name: string])[] = []
  #outputs: unknown[] = []
  #transfer: readonly Transferable[] = []
  #failures: Failure[] = []
  #durations: (readonly [name: string, count: number, duration: number])[] = []

  /** When the clock was last read, how many tasks have ended since, and after how many to read it. */
  #readAt = 0
  #counted = 0
  /** How many calls of functions these were, more than tasks. */
  #calls = 0
  #between = 1
  /** When what is held was first seen to be. */
  #heldSince: number | undefined
  #willFlush = false

  constructor(post: Post, meter: TaskMeter) {
    this.#post = post
    this.#meter = meter
  }

  add(name: string, output: unknown, transfer: readonly unknown[]): void {
    // What is moved travels alone, so that a refused message leaves everything where it is.
    if (transfer.length > 0 || !this.#guard.admits(output)) {
      this.flush()
      this.#guard.admits(output)
    }
    this.#hold(name, output)
    if (transfer.length === 0) return
    this.#transfer = transfer as readonly Transferable[]
    this.flush()
  }

  fail(name: string, error: unknown): void {
    this.#failures.push([this.#outputs.length, encodeError(error)])
    this.skip(name)
  }

  /** The place of an item that has no output. */
  skip(name: string): void {
    this.#hold(name, undefined)
  }

  startClock(): void {
    this.#readAt = performance.now()
    this.#counted = 0
    this.#between = 1
  }

  /** A task of that name has ended. */
  count(name: string, submittedAt: number): void {
    this.#counted += 1
    if (this.#counted >= this.#between) this.readClock(name, submittedAt)
  }

  /** The task that is counted next has folded `values`: its function was called for each but the first. */
  countFold(values: readonly unknown[]): void {
    this.#calls += values.length - 2
  }

  /** Notes how long the tasks counted since the last reading took; they are all of that name. */
  readClock(name: string, submittedAt: number): void {
    if (this.#counted === 0) return
    const now = performance.now()
    const duration = now - this.#readAt
    this.#addDuration([name, this.#counted + this.#calls, duration])
    this.#calls = 0
    this.#meter.ran(this.#counted, submittedAt, this.#readAt, now)
    const perTask = duration / this.#counted
    this.#between = Math.min(MAX_BETWEEN_READINGS, Math.max(1, Math.floor(CLOCK_MS / perTask)))
    this.#counted = 0
    this.#heldSince ??= this.#readAt
    this.#readAt = now
    if (now - this.#heldSince >= HOLD_MS) this.flush()
  }

  /** Posts what is held when the thread comes to wait for something outside. */
  flushWhenIdle(): void {
    if (this.#willFlush || this.#outputs.length === 0) return
    this.#willFlush = true
    setImmediate(() => {
      this.#willFlush = false
      this.flush()
    })
  }

  /** Posts what is held. */
  flush(): void {
    this.#guard.reset()
    this.#heldSince = undefined
    if (this.#outputs.length === 0) return
    const names = this.#names
    const outputs = this.#outputs
    const failures = this.#failures
    const durations = this.#durations
    const transfer = this.#transfer
    this.#names = []
    this.#outputs = []
    this.#failures = []
    this.#durations = []
    this.#transfer = []
    try {
      this.#post([DONE, outputs, failures, durations], transfer)
    } catch (error) {
      if (outputs.length === 1) this.#postRefused(names[0]![1], outputs[0], error, transfer)
      else this.#postEach(names, outputs, failures)
    }
  }

  #hold(name: string, output: unknown): void {
    if (this.#names.at(-1)?.[1] !== name) this.#names.push([this.#outputs.length, name])
    this.#outputs.push(output)
  }

  #postEach(
    names: readonly (readonly [from: number, name: string])[],
    outputs: readonly unknown[],
    failures: readonly Failure[],
  ): void {
    const failureAt = new Map<number, EncodedError>(failures)
    outputs.forEach((output, offset) => {
      const failure = failureAt.get(offset)
      const failed: Failure[] = failure === undefined ? [] : [[0, failure]]
      try {
        this.#post([DONE, [output], failed, []], [])
      } catch (error) {
        const [, name] = names.findLast(([from]) => from <= offset)!
        this.#postRefused(name, output, error, [])
      }
    })
  }

  #postRefused(
    name: string,
    output: unknown,
    cause: unknown,
    transfer: readonly Transferable[],
  ): void {
    const error = serializationError(name, 'output', output, cause, transfer)
    this.#post([DONE, [undefined], [[0, encodeError(error)]], []], [])
  }

  #addDuration(duration: Duration): void {
    const [name, count, elapsed] = duration
    const last = this.#durations.at(-1)
    if (last === undefined || last[0] !== name) this.#durations.push(duration)
    else this.#durations[this.#durations.length - 1] = [name, last[1] + count, last[2] + elapsed]
  }
}
