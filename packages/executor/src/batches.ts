/** The calls of `map`, `mapSettled`, `forEach` and `stream`: from their options to their settlement. */
import type { OutputStream } from '@threeply/task'
import type { ItemContext } from './attempt.ts'
import type { Promised } from './awaiting-lane.ts'
import { Batch } from './batch.ts'
import {
  checkedSource,
  failureSetting,
  itemSettings,
  type MapOptions,
  type StreamOptions,
  streamSettings,
} from './call-options.ts'
import type { Suspect } from './deadlocks.ts'
import type { Inputs } from './input-source.ts'
import { holdAlive, releaseAlive } from './keep-alive.ts'
import type { LevelParts } from './level-parts.ts'
import { BoundedOutputs } from './output-stream.ts'
import type { Outputs, Settlement } from './outputs.ts'
import { SuspectBatch } from './suspect-batch.ts'

/** What one call is given. */
export interface BatchArguments<Input, Options> {
  /** For errors. */
  readonly method: string
  readonly inputs: Inputs<Input>
  readonly fn: (input: Input, context: ItemContext) => unknown
  readonly options: Options | undefined
}

export class Batches {
  readonly #host: LevelParts
  readonly #open = new Map<Batch, Promised>()

  constructor(host: LevelParts) {
    this.#host = host
  }

  /** A call whose outputs come all at once. Rejects for bad options, as for all else. */
  collect<Input, Value>(
    { method, inputs, fn, options }: BatchArguments<Input, MapOptions>,
    Collector: new (size: number | undefined, settlement: Settlement<Value>) => Outputs,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const { calls, defaults, isInner } = this.#host
      const settings = itemSettings(method, fn, options, defaults)
      const onFailure = failureSetting(method, options)
      const source = checkedSource(method, inputs)
      calls.checkOpen(method, isInner)
      if (settings.signal?.aborted) throw settings.signal.reason
      const settlement: Settlement<Value> = { resolve, reject }
      const batch = new Batch(this.#host, {
        settings,
        source,
        fn,
        outputs: new Collector(source.size, settlement),
        isBounded: false,
        onFailure,
        onSettled: (settled) => {
          this.#open.delete(settled)
          calls.settled()
        },
      })
      this.#open.set(batch, { settleInstead: (other) => replace(settlement, other) })
      calls.opened()
      batch.start()
    })
  }

  /** A call whose outputs are yielded. Begins when the first is asked for. */
  stream<Input>(
    { method, inputs, fn, options }: BatchArguments<Input, StreamOptions>,
    concurrency: () => number,
  ): OutputStream<unknown> {
    const { calls, defaults } = this.#host
    const settings = itemSettings(method, fn, options, defaults)
    const { order, indexed, readAhead } = streamSettings(options)
    const outputs = new BoundedOutputs({ order, indexed }, () => {
      const limit = concurrency()
      if (limit === Number.POSITIVE_INFINITY) return Math.max(1, readAhead ?? limit)
      return limit + (readAhead ?? limit)
    })
    const batch = new Batch(this.#host, {
      settings,
      source: checkedSource(method, inputs),
      fn,
      outputs,
      isBounded: true,
      onFailure: failureSetting(method, options),
      onSettled: (settled) => {
        this.#open.delete(settled)
        calls.streamSettled()
      },
    })
    outputs.feedFrom({
      start: () => this.#startStream(batch, outputs, settings.signal),
      roomMade: () => batch.roomMade(),
      awaited: (isAwaited) => (isAwaited ? holdAlive() : releaseAlive()),
      stop: (reason) => batch.life.stop(reason),
    })
    return outputs
  }

  /** Rejects all that are open. */
  destroy(error: unknown): void {
    for (const batch of this.#open.keys()) batch.life.destroy(error)
  }

  /** The newest of those that are open. */
  *suspects(limit: number): Generator<Suspect> {
    const { lanes } = this.#host
    for (const [batch, promised] of [...this.#open].slice(-limit))
      yield new SuspectBatch(batch, lanes, promised)
  }

  #startStream(
    batch: Batch,
    outputs: BoundedOutputs<unknown>,
    signal: AbortSignal | undefined,
  ): void {
    const { calls, isInner } = this.#host
    try {
      calls.checkOpen('stream', isInner)
      signal?.throwIfAborted()
    } catch (error) {
      outputs.failed(error, true)
      return
    }
    this.#open.set(batch, outputs)
    calls.streamOpened()
    batch.start()
  }
}

function replace<Value>(
  settlement: Settlement<Value>,
  other: Settlement<unknown>,
): (value: Promise<unknown>) => void {
  const { resolve } = settlement
  Object.assign(settlement, other)
  return resolve as (value: unknown) => void
}
