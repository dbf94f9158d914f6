/**
 * What runs. p-limit governs how many lanes there are; a lane is one of its tasks, and pulls the
 * next piece of work by itself until there is none. So p-limit's queue holds lanes, never tasks.
 */
import pLimit, { type LimitFunction } from 'p-limit'
import type { LimitSampler, WhyCancelled } from './adaptive/limit-sampler.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import { expectDeadlock } from './deadlocks.ts'
import { Lane, NOTHING, type Work } from './lane.ts'
import { RateGate } from './rate-gate.ts'
import type { RateLimit } from './rate-limit.ts'
import { Turns } from './turns.ts'

/**
 * Slots are what `concurrency` counts: one for each function that runs, more for a heavy one, none
 * for one that was released. Lanes are as many as slots allow, so a lane that looks for work has a
 * slot for a function of weight 1.
 */
export class Lanes {
  readonly #turns = new Turns<Work>()
  readonly #limit: LimitFunction
  readonly #rate: RateGate | undefined
  readonly #sampler: LimitSampler | undefined
  readonly #onRest: () => void
  readonly #all = new Set<Lane>()
  readonly #parked: Lane[] = []
  #concurrency: number
  /** How many lanes there may be now: none while nothing may start. */
  #allowed: number
  /** Lanes that have been handed to p-limit and have not ended. */
  #live = 0
  #running = 0
  #starts = 0
  #extraSlots = 0
  #released = 0
  #isPaused = false
  /** Whose next task waits for more slots: until it has them, nothing else starts. */
  #heavy: Work | undefined

  /** @param onRest Called when a lane has ended and nothing runs. */
  constructor(limit: ConcurrencyLimit, rate: RateLimit | undefined, onRest: () => void) {
    this.#concurrency = limit.value
    this.#allowed = limit.value
    this.#limit = pLimit(limit.value)
    this.#rate = rate && new RateGate(rate, () => this.#adjust())
    this.#sampler = limit.sampler
    this.#onRest = onRest
    // Raising takes effect at once; lowering, as lanes end their tasks.
    limit.onChange((concurrency) => {
      this.#concurrency = concurrency
      this.#adjust()
    })
  }

  get concurrency(): number {
    return this.#concurrency
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

  /** Functions that have started and not ended, without those that were released. */
  get running(): number {
    return this.#running
  }

  /** Functions that were released and have not ended. */
  get released(): number {
    return this.#released
  }

  /** How many functions have ever started. */
  get starts(): number {
    return this.#starts
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#all.values()
  }

  /** How many slots there would be if the functions in `held` never ended. */
  slotsWithout(held: ReadonlySet<Lane>): number {
    let slots = this.#concurrency
    for (const lane of this.#all) {
      if (held.has(lane) && !lane.isReleased) slots -= 1 + lane.extraSlots
    }
    return slots
  }

  /** Whether anything would start if it could. */
  get hasWaiting(): boolean {
    return !this.#turns.isEmpty
  }

  /** Whether a task could start now. */
  get hasRoom(): boolean {
    return this.#parked.length > 0 || this.#live < this.#allowed
  }

  /** How many tasks could start now. */
  get free(): number {
    if (this.#allowed <= 0 || this.#heavy !== undefined) return 0
    const slots = Math.max(0, this.#concurrency - this.#running - this.#extraSlots)
    return this.#rate === undefined ? slots : Math.min(slots, this.#rate.room)
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
    this.reconsider(work)
  }

  /** The next task of `work` is another than it was: it may be one that need not wait. */
  reconsider(work: Work): void {
    if (this.#heavy !== work) return
    this.#heavy = undefined
    this.wake()
  }

  /** `work` is over: the lanes that are at home in it are so no more. */
  dismiss(work: Work): void {
    this.withdraw(work)
    for (const lane of this.#all) if (lane.home === work) lane.home = undefined
    this.#unparkAll()
  }

  /**
   * For a heavy task that `work` begins in `lane`: takes `weight` slots, or sees to it that they
   * become free before anything else starts. A task that is alone has what there is.
   */
  reserve(work: Work, lane: Lane, weight: number): boolean {
    const taken = this.#running + this.#extraSlots // the one that begins is counted
    if (taken > 1 && taken - 1 + weight > this.#concurrency) {
      this.#heavy = work
      expectDeadlock()
      return false
    }
    lane.isOrdinary = false
    lane.extraSlots = weight - 1
    this.#extraSlots += weight - 1
    this.#adjust()
    return true
  }

  /** What `lane` runs gives its slots back, though it has not ended. */
  release(lane: Lane): void {
    if (this.#sampler !== undefined) this.#sample(this.#sampler, lane, 'timed-out')
    lane.isOrdinary = false
    lane.isReleased = true
    this.#running -= 1
    this.#released += 1
    this.unreserve(lane)
    this.#adjust()
    if (this.#running === 0) this.#onRest()
  }

  /** Nothing heavy runs in `lane` after all, or any more. */
  unreserve(lane: Lane): void {
    if (lane.extraSlots === 0) return
    this.#extraSlots -= lane.extraSlots
    lane.extraSlots = 0
    this.#adjust()
  }

  /** Sees to it that a lane looks for work, if one may. */
  wake(home?: Work): void {
    if (this.#turns.isEmpty) return
    if (this.#heavy !== undefined && this.#running > 0) return // the next one that ends looks
    const parked = this.#parked.pop()
    if (parked !== undefined) parked.unpark!()
    else if (this.#live < this.#allowed) this.#start(home)
    else expectDeadlock()
  }

  #start(home: Work | undefined): void {
    this.#live += 1
    void this.#limit(new Lane(home, this.#drive).drive)
  }

  /** The loop of a lane. Each lane that finds a task wakes the next lane, while there may be more. */
  readonly #drive = async (lane: Lane): Promise<void> => {
    this.#all.add(lane)
    const sampler = this.#sampler
    while (this.#live <= this.#allowed) {
      // Before the turn is taken: what the rate refuses must cost nobody a turn.
      if (this.#rate !== undefined && !this.#turns.isEmpty && !this.#rate.pass()) break
      const work = this.#heavy === undefined ? this.#turns.next() : this.#takeHeavy()
      if (work === undefined) {
        if (!lane.home?.expectsMore) break
        await this.#park(lane)
        continue
      }
      if (lane.work !== work) lane.work = work
      this.#running += 1 // before it begins: the function may ask
      if (sampler !== undefined) lane.startedAt = performance.now()
      const pending = work.begin(lane)
      if (pending === NOTHING) {
        this.#running -= 1
        this.#rate?.giveBack()
        if (this.#heavy !== undefined) break
        continue
      }
      this.#starts += 1
      if (this.hasRoom) this.wake(lane.home)
      let output: unknown
      try {
        output = await pending
      } catch (error) {
        if (sampler !== undefined) this.#sample(sampler, lane, work.whyCancelled(lane), { error })
        if (lane.isOrdinary) this.#running -= 1
        else this.#leave(lane)
        work.failed(lane, error)
        continue
      }
      if (sampler !== undefined) this.#sample(sampler, lane, work.whyCancelled(lane))
      if (lane.isOrdinary) this.#running -= 1
      else this.#leave(lane)
      work.succeeded(lane, output)
    }
    this.#all.delete(lane)
    this.#live -= 1
    if (this.#running === 0) this.#onRest()
  }

  #sample(
    sampler: LimitSampler,
    lane: Lane,
    whyCancelled: WhyCancelled,
    failure?: { readonly error: unknown },
  ): void {
    if (lane.isReleased) return // it was one when its time ran out
    const inFlight = this.#running + this.#extraSlots
    const isFull = inFlight >= this.#concurrency && !this.#isPaused
    const isLimiting = isFull && (!this.#turns.isEmpty || this.#heavy !== undefined)
    sampler.ended(lane.startedAt, { inFlight, isLimiting, failure, whyCancelled })
  }

  #leave(lane: Lane): void {
    lane.wasReleased = lane.isReleased
    lane.isOrdinary = !lane.wasReleased // else once more, to forget that it was
    if (lane.isReleased) {
      lane.isReleased = false
      this.#released -= 1
      this.#adjust()
    } else {
      this.#running -= 1
      this.unreserve(lane)
    }
  }

  #takeHeavy(): Work | undefined {
    const heavy = this.#heavy
    this.#heavy = undefined
    return heavy
  }

  /** Lanes above what is allowed end; the parked ones have to be told. */
  #adjust(): void {
    const lanes = this.#concurrency + this.#released
    if (this.#limit.concurrency !== lanes) this.#limit.concurrency = lanes
    this.#allowed = this.#isPaused || this.#rate?.isShut ? 0 : lanes - this.#extraSlots
    if (this.#live > this.#allowed) this.#unparkAll()
    if (this.#heavy !== undefined && this.#live < this.#allowed) this.#start(undefined)
    else this.wake()
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
