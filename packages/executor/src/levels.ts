/**
 * What runs calls. An executor has one level, for all its calls; one that is `reentrant` has another
 * one for the calls made inside its functions, one more for those made inside these, and so on. Each
 * has slots of its own: what waits for slots never holds one of the same level.
 */
import type { AbortListeners } from './abort-listeners.ts'
import { Batches } from './batches.ts'
import type { CallDefaults } from './call-options.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import { type Suspect, type Watched, watch } from './deadlocks.ts'
import { Lanes } from './lanes.ts'
import { Entrance, levelIn } from './nesting.ts'
import type { OpenCalls } from './open-calls.ts'
import type { QueueSettings } from './queue-settings.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Recorder } from './recorder.ts'
import { Runs } from './runs.ts'

/** What the levels of an executor share. */
export interface LevelHost {
  readonly owner: object
  readonly limit: ConcurrencyLimit
  readonly calls: OpenCalls
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
  readonly defaults: CallDefaults
  readonly rate: RateLimit | undefined
  readonly queue: QueueSettings
  readonly reentrant: boolean
}

class Level implements Watched {
  readonly lanes: Lanes
  readonly runs: Runs
  readonly batches: Batches

  constructor(host: LevelHost, level: number) {
    this.lanes = new Lanes(host.limit, host.rate, () => host.calls.rest())
    const entrance = host.reentrant ? new Entrance({ owner: host.owner, level }) : undefined
    const shared = { ...host, lanes: this.lanes, isInner: level > 0, entrance }
    this.runs = new Runs(shared, host.queue)
    this.batches = new Batches(shared)
    watch(this)
  }

  get hasWaiting(): boolean {
    return this.lanes.hasWaiting || this.runs.waiting > 0
  }

  *suspects(limit: number): Generator<Suspect> {
    yield* this.batches.suspects(limit)
    yield* this.runs.suspects(limit)
  }
}

export class Levels {
  readonly #host: LevelHost
  /** The level of calls from outside. */
  readonly #first: Level
  readonly #all: Level[]
  #isPaused = false

  constructor(host: LevelHost) {
    this.#host = host
    this.#first = new Level(host, 0)
    this.#all = [this.#first]
  }

  /** The one for a call made here. */
  get here(): Level {
    if (!this.#host.reentrant) return this.#first
    const inside = levelIn(this.#host.owner)
    if (inside === undefined) return this.#first
    this.#all[inside + 1] ??= this.#another(inside + 1)
    return this.#all[inside + 1]!
  }

  get running(): number {
    return this.#sum(({ lanes }) => lanes.running)
  }

  get released(): number {
    return this.#sum(({ lanes }) => lanes.released)
  }

  get waiting(): number {
    return this.#sum(({ runs }) => runs.waiting)
  }

  pause(): void {
    this.#isPaused = true
    for (const { lanes } of this.#all) lanes.pause()
  }

  resume(): void {
    this.#isPaused = false
    for (const { lanes } of this.#all) lanes.resume()
  }

  clear(): void {
    for (const { runs } of this.#all) runs.clear()
  }

  destroy(error: unknown): void {
    for (const { runs, batches } of this.#all) {
      runs.destroy(error)
      batches.destroy(error)
    }
  }

  #another(depth: number): Level {
    const level = new Level(this.#host, depth)
    if (this.#isPaused) level.lanes.pause()
    return level
  }

  #sum(count: (level: Level) => number): number {
    let sum = 0
    for (const level of this.#all) sum += count(level)
    return sum
  }
}
