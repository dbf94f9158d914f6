/** The calls of `map`, `mapSettled`, `forEach` and `stream`: from their options to their settlement. */
import type { OutputStream } from '@threeply/task'
import type { ItemContext } from './attempt.ts'
import { Batch, type BatchHost } from './batch.ts'
import {
  type CallDefaults,
  checkedSource,
  failureSetting,
  itemSettings,
  type MapOptions,
  type StreamOptions,
  streamSettings,
} from './call-options.ts'
import type { Inputs } from './input-source.ts'
import { holdAlive, releaseAlive } from './keep-alive.ts'
import type { OpenCalls } from './open-calls.ts'
import { BoundedOutputs } from './output-stream.ts'
import type { Outputs, Settlement } from './outputs.ts'

/** What the calls share with the rest of their executor. */
export interface BatchesHost extends BatchHost {
  readonly calls: OpenCalls
  readonly defaults: CallDefaults
}

/** What one call is given. */
export interface BatchArguments<Input, Options> {
  /** For errors. */
  readonly method: string
  readonly inputs: Inputs<Input>
  readonly fn: (input: Input, context: ItemContext) => unknown
  readonly options: Options | undefined
}

export class Batches {
  readonly #host: BatchesHost
  readonly #open = new Set<Batch>()

  constructor(host: BatchesHost) {
    this.#host = host
  }

  /** A call whose outputs come all at once. Rejects for bad options, as for all else. */
  collect<Input, Value>(
    { method, inputs, fn, options }: BatchArguments<Input, MapOptions>,
    collector: (size: number | undefined, settlement: Settlement<Value>) => Outputs,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const { calls, defaults } = this.#host
      const settings = itemSettings(method, fn, options, defaults)
      const onFailure = failureSetting(method, options)
      const source = checkedSource(method, inputs)
      calls.checkOpen(method)
      if (settings.signal?.aborted) throw settings.signal.reason
      const batch = new Batch(this.#host, {
        settings,
        source,
        fn,
        outputs: collector(source.size, { resolve, reject }),
        isBounded: false,
        onFailure,
        onSettled: (settled) => {
          this.#open.delete(settled)
          calls.settled()
        },
      })
      this.#open.add(batch)
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
    for (const batch of this.#open) batch.life.destroy(error)
  }

  #startStream(batch: Batch, outputs: Outputs, signal: AbortSignal | undefined): void {
    const { calls } = this.#host
    try {
      calls.checkOpen('stream')
      signal?.throwIfAborted()
    } catch (error) {
      outputs.failed(error, true)
      return
    }
    this.#open.add(batch)
    calls.streamOpened()
    batch.start()
  }
}
