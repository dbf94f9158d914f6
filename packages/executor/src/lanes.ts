/**
 * What runs. p-limit governs how many lanes there are; a lane is one of its tasks, and pulls the
 * next piece of work by itself until there is none. So p-limit's queue holds lanes, never tasks.
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { Attempt } from './attempt.ts'
import { Turns } from './turns.ts'

/** What {@link Work.begin} gives when it had nothing to start. */
export const NOTHING: unique symbol = Symbol('nothing to start')

/** Something that lanes take tasks from: the queue of `run`, or one call of `map`. */
export interface Work {
  /**
   * Starts its next task, notes in the lane which, and gives what the function gave. Never throws:
   * a function that throws gives a rejected promise. Work that has nothing to start leaves the
   * turns and gives {@link NOTHING}.
   */
  begin(lane: Lane): unknown
  /** What it began in `lane` has ended. */
  succeeded(lane: Lane, output: unknown): void
  failed(lane: Lane, error: unknown): void
  /** Whether it will have more to start, though it may have nothing now: its lanes wait for it. */
  readonly expectsMore: boolean
  /** Higher ones go first. */
  readonly priority: number
  /** Its links in the ring of {@link Turns}, which alone writes them. */
  nextTurn: Work | undefined
  previousTurn: Work | undefined
}

/** One lane. */
export class Lane {
  /** The call of `run` that runs in it. */
  attempt: Attempt | undefined = undefined
  /** Or the index of the input. */
  index = 0
  /** The work in whose async context the lane itself runs: it needs no switch to be called. */
  home: Work | undefined
  /** Wakes it, while it is parked. */
  unpark: (() => void) | undefined = undefined

  constructor(home: Work | undefined) {
    this.home = home
  }
}

export class Lanes {
  readonly #turns = new Turns()
  readonly #limit: LimitFunction
  readonly #onRest: () => void
  readonly #all = new Set<Lane>()
  readonly #parked: Lane[] = []
  #concurrency: number
  #isPaused = false
  /** How many lanes there may be now: none while nothing may start. */
  #allowed: number
  /** Lanes that have been handed to p-limit and have not ended. */
  #live = 0
  #running = 0

  /** @param onRest Called when a lane has ended and nothing runs. */
  constructor(concurrency: number, onRest: () => void) {
    this.#concurrency = concurrency
    this.#allowed = concurrency
    this.#limit = pLimit(concurrency)
    this.#onRest = onRest
  }

  get concurrency(): number {
    return this.#concurrency
  }

  /** Raising takes effect at once; lowering, as lanes end their tasks. */
  set concurrency(concurrency: number) {
    this.#limit.concurrency = concurrency
    this.#concurrency = concurrency
    this.#adjust()
  }

  /** Nothing starts any more; what runs runs on. */
  pause(): void {
    this.#isPaused = true
    this.#adjust()
  }

  resume(): void {
    this.#isPaused = false
    this.#adjust()
  }

  /** Functions that have started and not ended. */
  get running(): number {
    return this.#running
  }

  /** Whether a task could start now. */
  get hasRoom(): boolean {
    return this.#parked.length > 0 || this.#live < this.#allowed
  }

  /** How many tasks could start now. */
  get free(): number {
    return Math.max(0, this.#allowed - this.#running)
  }

  /**
   * `work` has something to start.
   * @param home `work` itself, if the caller is in its async context.
   */
  offer(work: Work, home?: Work): void {
    this.#turns.join(work)
    this.wake(home)
  }

  /** `work` has nothing to start any more. */
  withdraw(work: Work): void {
    this.#turns.leave(work)
  }

  /** `work` is over: the lanes that are at home in it are so no more. */
  dismiss(work: Work): void {
    this.#turns.leave(work)
    for (const lane of this.#all) if (lane.home === work) lane.home = undefined
    this.#unparkAll()
  }

  /** The calls of `run` that run. */
  attempts(): Attempt[] {
    const attempts: Attempt[] = []
    for (const { attempt } of this.#all) if (attempt !== undefined) attempts.push(attempt)
    return attempts
  }

  /** Sees to it that a lane looks for work, if one may. */
  wake(home?: Work): void {
    if (this.#turns.isEmpty) return
    const parked = this.#parked.pop()
    if (parked !== undefined) parked.unpark!()
    else if (this.#live < this.#allowed) this.#start(home)
  }

  /** Lanes above what is allowed end; the parked ones have to be told. */
  #adjust(): void {
    this.#allowed = this.#isPaused ? 0 : this.#concurrency
    if (this.#live > this.#allowed) this.#unparkAll()
    this.wake()
  }

  #start(home: Work | undefined): void {
    this.#live += 1
    void this.#limit(this.#drive, new Lane(home))
  }

  /** The loop of a lane. Each lane that finds a task starts the next lane, while there may be more. */
  readonly #drive = async (lane: Lane): Promise<void> => {
    this.#all.add(lane)
    while (this.#live <= this.#allowed) {
      const work = this.#turns.next()
      if (work === undefined) {
        if (!lane.home?.expectsMore) break
        await this.#park(lane)
        continue
      }
      this.#running += 1 // before it begins: the function may ask
      const pending = work.begin(lane)
      if (pending === NOTHING) {
        this.#running -= 1
        continue
      }
      if (this.hasRoom) this.wake(lane.home)
      let output: unknown
      try {
        output = await pending
      } catch (error) {
        this.#running -= 1
        work.failed(lane, error)
        continue
      }
      this.#running -= 1
      work.succeeded(lane, output)
    }
    this.#all.delete(lane)
    this.#live -= 1
    if (this.#running === 0) this.#onRest()
  }

  #park(lane: Lane): Promise<void> {
    return new Promise((resolve) => {
      lane.unpark = resolve
      this.#parked.push(lane)
    })
  }

  #unparkAll(): void {
    for (const lane of this.#parked.splice(0)) lane.unpark!()
  }
}
