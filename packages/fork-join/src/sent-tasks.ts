/** What a thread was sent and has not answered, in order or set aside, and how far each task is. */
import type { Chunk } from './chunk.ts'
import { isLong } from './chunk-size.ts'
import { InFlight } from './in-flight.ts'
import { type FreshPage, type ItemState, ItemStates } from './item-states.ts'
import type { Task } from './submission.ts'

interface SetAside {
  readonly task: Task
  readonly state: ItemState
}

export class SentTasks {
  readonly #states = new ItemStates()
  /** Those that are answered in order, */
  readonly #inFlight = new InFlight()
  /** and those that have forked, which may be many and for long, by their items. */
  readonly #setAside = new Map<number, SetAside>()
  #withdrawn = 0

  /** How many are to be answered in order, those included that are wanted no more. */
  get inOrder(): number {
    return this.#inFlight.size
  }

  /** How many are set aside. */
  get setAside(): number {
    return this.#setAside.size
  }

  /** How many there have ever been, which is the item of the next. */
  get next(): number {
    return this.#inFlight.next
  }

  /** How many there have ever been, without those that were withdrawn before they started. */
  get wanted(): number {
    return this.next - this.#withdrawn
  }

  /** How many chunks are unanswered, and how many milliseconds of work they are. */
  get chunks(): number {
    return this.#inFlight.chunks
  }

  get duration(): number {
    return this.#inFlight.duration
  }

  /** How many milliseconds of work the chunk is that it works on, or is about to. */
  get firstDuration(): number {
    return this.#inFlight.firstChunk?.duration ?? 0
  }

  /** Whether items wait behind another. */
  get hasWaiting(): boolean {
    return this.inOrder > (this.setAside > 0 ? 0 : 1)
  }

  /** How many calls of `run` wait, but for one that is about to start. */
  get waitingRunCalls(): number {
    let runs = 0
    for (let item = this.next - 1; item >= this.#inFlight.first; item -= 1) {
      if (this.#states.hasStarted(item)) return runs
      const task = this.#inFlight.at(item)
      if (task !== undefined && task.index === undefined) runs += 1
    }
    return Math.max(0, runs - 1)
  }

  /** Those that are wanted, as they are now, the earliest first. */
  list(): Task[] {
    return [...Array.from(this.#setAside.values(), ({ task }) => task), ...this.#inFlight.list()]
  }

  at(item: number): Task | undefined {
    return this.#setAside.get(item)?.task ?? this.#inFlight.at(item)
  }

  /** @returns The page that has to go with the next `count` items. */
  prepare(count: number): FreshPage | undefined {
    this.#states.prepare(this.next, count)
    return this.#states.fresh
  }

  /** It was posted. */
  push(chunk: Chunk): void {
    this.#states.delivered()
    this.#inFlight.push(chunk)
  }

  /** @returns Whether the task will never start. */
  withdraw({ item }: Task): boolean {
    const isWithdrawn = !this.#setAside.has(item) && this.#states.withdraw(item)
    if (isWithdrawn) this.#withdrawn += 1
    return isWithdrawn
  }

  stateOf({ item }: Task): ItemState {
    return this.#setAside.get(item)?.state ?? this.#states.at(item)
  }

  /** Whether `task`, which has started, has not ended: it may have, and its answer not be here yet. */
  isRunning(task: Task): boolean {
    const state = this.stateOf(task)
    if (state.isForked) return true
    if (state.hasEnded) return false
    for (let later = task.item + 1; later < this.next; later += 1) {
      if (this.#states.hasStarted(later)) return false
    }
    return true
  }

  /**
   * Whether `task`, which has forked, cannot go on, as another one has the thread: one that computes, or
   * any that has started since, while it has not heard that its children have ended.
   */
  isKeptWaiting(task: Task): boolean {
    const { isForked, isParked } = this.stateOf(task)
    if (!isForked) return false
    const first = Math.max(this.#inFlight.first, task.item + 1)
    for (let item = this.next - 1; item >= first; item -= 1) {
      if (this.#states.hasStarted(item)) return isParked || this.#states.isComputing(item)
    }
    return false
  }

  /** Its answer is wanted no more. */
  drop(task: Task): void {
    task.thread = undefined
    this.#inFlight.drop(task.item)
    this.#setAside.delete(task.item)
  }

  /** Takes back what waits behind something that runs, the latest first. */
  takeOverdue(): readonly Task[] {
    const { waiting, isAnyRunning } = this.#waiting()
    return isAnyRunning ? this.#takeBack(waiting) : []
  }

  /** Takes back a long chunk behind another one, or of its tasks those that may be, the latest first. */
  takeLongChunk(mayBeTaken: (task: Task) => boolean): readonly Task[] {
    const { lastChunk } = this.#inFlight
    if (this.chunks < 2 || lastChunk === undefined || !isLong(lastChunk.duration)) return []
    return this.#takeBack(lastChunk.tasks.filter((task) => task !== undefined && mayBeTaken(task)))
  }

  /** Takes back half of what has not started, the latest first. */
  takeHalf(): readonly Task[] {
    if (this.inOrder <= 1) return []
    const { waiting, isAnyRunning } = this.#waiting()
    const first = isAnyRunning ? 0 : 1 // which is about to start
    return this.#takeBack(waiting.slice(first + Math.floor((waiting.length - first) / 2)))
  }

  /**
   * Fulfils the first in order with `outputs`, from the one at `from` on, as many as go together.
   * @returns How many that were; 0 when the first is a case of its own.
   */
  fulfil(outputs: readonly unknown[], from: number): number {
    return this.#inFlight.fulfil(outputs, from)
  }

  /** Takes away the first in order, which is answered. */
  shift(): Task | undefined {
    return this.#inFlight.shift()
  }

  /** The first in order has forked. */
  shiftAside(): void {
    const item = this.#inFlight.first
    const task = this.#inFlight.shift()
    this.#states.pin(item)
    if (task !== undefined) this.#setAside.set(item, { task, state: this.#states.at(item) })
  }

  /** Takes away one that was set aside, and is answered. */
  takeAside(item: number): Task | undefined {
    const task = this.#setAside.get(item)?.task
    this.#setAside.delete(item)
    return task
  }

  /** Those that have not started, and whether any has and may keep them waiting. */
  #waiting(): { readonly waiting: readonly Task[]; readonly isAnyRunning: boolean } {
    const tasks = this.#inFlight.list()
    const waiting = tasks.filter(({ item }) => !this.#states.hasStarted(item))
    return { waiting, isAnyRunning: this.setAside > 0 || waiting.length < tasks.length }
  }

  /** @returns Those that have not started meanwhile, the latest first. */
  #takeBack(tasks: readonly (Task | undefined)[]): readonly Task[] {
    const taken: Task[] = []
    for (const task of tasks.toReversed()) {
      if (task === undefined) continue
      const isHere = task.transfer.length === 0
      if (!isHere || !this.withdraw(task)) continue
      this.drop(task)
      task.sendings -= 1 // only those to threads that died count
      taken.push(task)
    }
    return taken
  }
}
