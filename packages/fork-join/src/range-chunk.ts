/**
 * Inputs of one call of `map` that are side by side. Nearly always all of them are run and answered
 * in order: then none is ever made a task of its own, which would cost more than all else that the
 * parent does for it.
 */
import type { Transferable } from './call-options.ts'
import type { Chunk } from './chunk.ts'
import type { MapCall } from './map-call.ts'
import { MapTask } from './map-task.ts'
import type { Segment } from './messages.ts'
import type { PoolMetrics } from './pool-metrics.ts'
import { segmentOf } from './segments.ts'
import type { TaskThread } from './submission.ts'

const NOTHING: readonly Transferable[] = []

export class RangeChunk implements Chunk {
  readonly inputs: readonly unknown[]
  readonly duration: number
  readonly transfer = NOTHING
  readonly #call: MapCall
  /** The place of the first input among those of the call. */
  readonly #index: number
  /** How many have been fulfilled, which are the first. */
  #fulfilled = 0
  #thread: TaskThread | undefined
  #first = 0
  #tasks: (MapTask | undefined)[] | undefined

  constructor(call: MapCall, index: number, inputs: readonly unknown[], duration: number) {
    this.#call = call
    this.#index = index
    this.inputs = inputs
    this.duration = duration
  }

  get size(): number {
    return this.inputs.length
  }

  get name(): string {
    return this.#call.name
  }

  get invocations(): number {
    return this.inputs.length
  }

  get calls(): readonly [MapCall] {
    return [this.#call]
  }

  /** From now on each is a case of its own. */
  get tasks(): (MapTask | undefined)[] {
    this.#tasks ??= this.inputs.map((input, place) => this.#newTask(place, input))
    return this.#tasks
  }

  segments(metrics: PoolMetrics): readonly Segment[] {
    return [segmentOf(this.#call, this.inputs, metrics)]
  }

  sentTo(thread: TaskThread, first: number): void {
    this.#thread = thread
    this.#first = first
  }

  fulfil(place: number, outputs: readonly unknown[], from: number): number {
    if (this.#tasks !== undefined) return 0
    const count = Math.min(this.size - place, outputs.length - from)
    this.#fulfilled = place + count
    this.#call.fulfilRange(this.#index + place, outputs, from, count)
    return count
  }

  #newTask(place: number, input: unknown): MapTask | undefined {
    if (place < this.#fulfilled) return undefined
    const task = new MapTask(this.#call, this.#index + place, input, NOTHING)
    if (this.#thread !== undefined) {
      task.thread = this.#thread
      task.item = this.#first + place
      task.sendings = 1
    }
    return task
  }
}
