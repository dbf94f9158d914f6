/** The inputs of a call that have a timeout, are retried, or are recorded; others need no tracking. */
import type { TaskOutcome } from '@threeply/metrics/runner'
import { TaskTimeoutError } from '@threeply/task'
import { Deadline } from './deadline.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { Recorder } from './recorder.ts'
import { Retries, type RetrySettings } from './retry.ts'

/** An input that is not settled, or whose function still runs. */
export interface TrackedItem {
  readonly index: number
  readonly input: unknown
  readonly retries: Retries | undefined
  readonly pulledAt: number
  /** When its first attempt started. */
  readonly firstStartedAt: number
  deadline: Deadline | undefined
  /** The lane that it runs in. */
  lane: Lane | undefined
  queuedAt: number
  startedAt: number
  /** Runs while the next attempt is put off. */
  backOff: Deadline | undefined
  isSettled: boolean
  /** What it was cancelled with, by itself. */
  cancellation: { readonly reason: unknown } | undefined
}

export interface TrackingSettings {
  readonly taskName: string
  readonly timeout: number
  readonly retry: RetrySettings | undefined
  readonly releaseOnTimeout: boolean
}

/** What the call does about its items. */
export interface ItemEvents {
  /** An item that was put off may be run again. */
  readonly onDue: () => void
  readonly onTimeout: (index: number, error: TaskTimeoutError) => void
}

export class TrackedItems {
  readonly #lanes: Lanes
  readonly #recorder: Recorder | undefined
  readonly #settings: TrackingSettings
  readonly #events: ItemEvents
  readonly #items = new Map<number, TrackedItem>()
  readonly #due: TrackedItem[] = []

  constructor(
    host: { readonly lanes: Lanes; readonly recorder: Recorder | undefined },
    settings: TrackingSettings,
    events: ItemEvents,
  ) {
    this.#lanes = host.lanes
    this.#recorder = host.recorder
    this.#settings = settings
    this.#events = events
  }

  /** Whether an item waits to be run again. */
  get hasDue(): boolean {
    return this.#due.length > 0
  }

  /** What the function of an item that runs on was cancelled with. */
  cancellationOf(index: number): { readonly reason: unknown } | undefined {
    return this.#items.get(index)?.cancellation
  }

  now(): number {
    return this.#recorder?.now() ?? performance.now()
  }

  /**
   * Tracks an input that starts in `lane`.
   * @param pulledAt When it was pulled, if that was before.
   * @returns An error if its time has run out since: it is not to be started.
   */
  start(
    index: number,
    input: unknown,
    lane: Lane,
    pulledAt: number | undefined,
  ): TaskTimeoutError | undefined {
    const { timeout, retry } = this.#settings
    const startedAt = this.now()
    const queuedAt = pulledAt ?? startedAt
    this.#recorder?.submitted()
    const waited = startedAt - queuedAt
    if (waited >= timeout && waited > 0) {
      this.#recorder?.left(queuedAt)
      this.#recorder?.settled('timed-out')
      return this.#timeoutError({ timeout, queueTime: waited, runTime: 0 })
    }
    this.#recorder?.left(queuedAt, startedAt)
    const item: TrackedItem = {
      index,
      input,
      retries: retry === undefined ? undefined : new Retries(retry),
      pulledAt: queuedAt,
      firstStartedAt: startedAt,
      deadline: undefined,
      lane,
      queuedAt,
      startedAt,
      backOff: undefined,
      isSettled: false,
      cancellation: undefined,
    }
    if (timeout !== Number.POSITIVE_INFINITY) {
      item.deadline = new Deadline(timeout - waited, () => this.#timedOut(item))
    }
    this.#items.set(index, item)
    return undefined
  }

  /** The item that has been due longest starts in `lane`. */
  restart(lane: Lane): TrackedItem {
    const item = this.#due.shift()!
    item.lane = lane
    item.startedAt = this.now()
    this.#recorder?.left(item.queuedAt, item.startedAt)
    return item
  }

  /** The function of an item has ended: whether that settles the item, or it was settled before. */
  ended(lane: Lane, outcome: TaskOutcome): boolean {
    const item = this.#leave(lane)
    if (item.isSettled) return false
    this.#settle(item, outcome)
    return true
  }

  /** The function of an item has failed: whether the item will be run again. Throws what `retryable` throws. */
  willRetry(lane: Lane, error: unknown): boolean {
    const item = this.#items.get(lane.index)
    if (item?.lane !== lane || item.isSettled) return false
    const delay = item.retries?.next(error)
    if (delay === undefined) return false
    this.#leave(lane)
    item.queuedAt = this.now()
    this.#recorder?.requeued()
    item.backOff = new Deadline(delay, () => {
      item.backOff = undefined
      this.#due.push(item)
      this.#events.onDue()
    })
    return true
  }

  /** Settles the items that do not run. @returns How many. */
  dropWaiting(outcome: TaskOutcome): number {
    let dropped = 0
    for (const item of this.#items.values()) {
      if (item.lane !== undefined || item.isSettled) continue
      item.backOff?.clear()
      this.#recorder?.left(item.queuedAt)
      this.#settle(item, outcome)
      dropped += 1
    }
    this.#due.length = 0
    return dropped
  }

  /** Settles all items, though their functions may run on. */
  abandon(outcome: TaskOutcome): void {
    this.dropWaiting(outcome)
    for (const item of this.#items.values()) if (!item.isSettled) this.#settle(item, outcome)
  }

  #timedOut(item: TrackedItem): void {
    const { timeout, releaseOnTimeout } = this.#settings
    const { index, lane, pulledAt, firstStartedAt } = item
    const error = this.#timeoutError({
      timeout,
      queueTime: firstStartedAt - pulledAt,
      runTime: this.now() - firstStartedAt,
    })
    if (lane === undefined) {
      item.backOff?.clear()
      const place = this.#due.indexOf(item)
      if (place !== -1) this.#due.splice(place, 1)
      this.#recorder?.left(item.queuedAt)
    }
    item.cancellation = { reason: error }
    this.#settle(item, 'timed-out')
    this.#events.onTimeout(index, error)
    if (lane !== undefined && releaseOnTimeout) {
      this.#lanes.release(lane)
      this.#recorder?.released()
    }
  }

  #leave(lane: Lane): TrackedItem {
    const item = this.#items.get(lane.index)!
    this.#recorder?.ended(item.startedAt, lane.wasReleased)
    item.lane = undefined
    if (item.isSettled) this.#items.delete(item.index)
    return item
  }

  #settle(item: TrackedItem, outcome: TaskOutcome): void {
    item.isSettled = true
    item.deadline?.clear()
    this.#recorder?.settled(outcome)
    if (item.lane === undefined) this.#items.delete(item.index)
  }

  #timeoutError(times: ConstructorParameters<typeof TaskTimeoutError>[1]): TaskTimeoutError {
    return new TaskTimeoutError(this.#settings.taskName, times)
  }
}
