/** What waits of `run`: queues by priority and key, what is put off, and the slots of keys. */
import { expectDeadlock } from './deadlocks.ts'
import { KeyedSlots } from './keyed-slots.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { RunLine, type RunStarter } from './run-line.ts'
import type { RunDetails, RunTask } from './run-task.ts'
import { SizeWaiters } from './size-waiters.ts'

/** Where calls of `run` wait. */
export type Line = RunLine<RunTask>

export class RunQueue {
  readonly #lanes: Lanes
  readonly #starter: RunStarter<RunTask>
  readonly #sizeWaiters = new SizeWaiters()
  /** Where calls without options wait. */
  readonly plain: Line
  /** The lines without a key, by priority. They are kept, as there are few. */
  readonly #lines: Map<number, Line>
  readonly #keys: KeyedSlots<Line>
  /** Those whose next attempt is put off. */
  readonly #backingOff = new Set<RunTask>()
  #queued = 0

  constructor(lanes: Lanes, starter: RunStarter<RunTask>, keyConcurrency: number) {
    this.#lanes = lanes
    this.#starter = starter
    this.#keys = new KeyedSlots<Line>(keyConcurrency)
    this.plain = new RunLine<RunTask>(starter, 0)
    this.#lines = new Map([[0, this.plain]])
  }

  get size(): number {
    return this.#queued + this.#backingOff.size
  }

  /** How many of them so many slots are for: of each key no more than may run. */
  startable(slots: number): number {
    return Math.min(slots, this.#queued - this.#keys.heldUp)
  }

  /** Fulfilled when fewer than `size` wait. */
  sizeBelow(size: number): Promise<void> {
    return this.#sizeWaiters.below(size, this.size)
  }

  /** Where a call waits. */
  line(priority: number, key: unknown): Line {
    const slots = this.#keys.of(key)
    if (slots === undefined && priority === 0) return this.plain
    const lines = slots?.lines ?? this.#lines
    let line = lines.get(priority)
    if (line === undefined) {
      line = new RunLine<RunTask>(this.#starter, priority, slots)
      lines.set(priority, line)
    }
    return line
  }

  join(task: RunTask, line: Line): void {
    line.queue.push(task)
    this.#queued += 1
    if (line.slots !== undefined) this.#keys.count(line.slots, 1, 0)
  }

  leave(task: RunTask): void {
    if (this.#backingOff.size > 0 && this.#backingOff.delete(task)) {
      task.details!.backOff!.clear()
    } else {
      const line = task.details?.line ?? this.plain
      line.queue.remove(task)
      this.#queued -= 1
      if (line.slots !== undefined) this.#keys.count(line.slots, -1, 0)
      if (line.queue.size === 0) this.#lanes.withdraw(line)
      else this.#lanes.reconsider(line)
    }
    this.#sizeWaiters.tell(this.size)
  }

  /** The next attempt of `task` is put off. */
  putOff(task: RunTask): void {
    this.#backingOff.add(task)
  }

  /** It is no more: it joins its line. */
  due(task: RunTask, line: Line): void {
    this.#backingOff.delete(task)
    this.join(task, line)
    this.offer(line)
  }

  /** Lets lanes take from a line, unless its key has all that it may have. */
  offer(line: Line): void {
    if (line.slots?.isFull) expectDeadlock()
    else this.#lanes.offer(line)
  }

  /** The one that has waited longest: async resources are numbered in the order of their making. */
  oldest(): RunTask | undefined {
    let oldest: RunTask | undefined
    for (const { queue } of this.#allLines()) {
      const { first } = queue
      if (first === undefined) continue
      if (oldest === undefined || first.asyncId() < oldest.asyncId()) oldest = first
    }
    return oldest
  }

  all(): RunTask[] {
    const tasks = [...this.#backingOff]
    for (const { queue } of this.#allLines()) tasks.push(...queue)
    return tasks
  }

  /** For the task that is first in its line: its key's slot, and more than one if it is heavy. */
  takeSlots({ line, settings: { weight } }: RunDetails, lane: Lane): boolean {
    if (weight > 1 && !this.#lanes.reserve(line, lane, weight)) return false
    const { slots } = line
    if (slots === undefined) return true
    this.#keys.count(slots, 0, 1)
    if (slots.isFull) for (const full of slots.lines.values()) this.#lanes.withdraw(full)
    return true
  }

  giveBack({ slots }: Line): void {
    if (slots === undefined) return
    this.#keys.count(slots, 0, -1)
    for (const line of slots.lines.values()) if (line.queue.size > 0) this.offer(line)
    this.#keys.forgetIfIdle(slots)
  }

  /** A call is settled. */
  forget({ slots }: Line): void {
    if (slots === undefined) return
    slots.open -= 1
    this.#keys.forgetIfIdle(slots)
  }

  /** The newest of each line, all together no more than `limit` or one of each. */
  *newest(limit: number): Generator<RunTask> {
    const lines = [...this.#allLines()].filter(({ queue }) => queue.size > 0)
    for (const { queue } of lines) yield* queue.newest(Math.ceil(limit / lines.length))
  }

  *#allLines(): Generator<Line> {
    yield* this.#lines.values()
    yield* this.#keys.lines()
  }
}
