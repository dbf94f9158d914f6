/** The calls of a pool: makes those that are accepted, and knows those that are open. */
import { AsyncResource } from 'node:async_hooks'
import type { OutputStream } from '@threeply/task'
import { isTraced, traceCall } from '@threeply/task/runner'
import { type Admission, abortedSignal } from './admission.ts'
import { broadcast } from './broadcast-call.ts'
import { holdDeadline, type LimitedCall } from './call-limits.ts'
import {
  type BroadcastOptions,
  type CallSettings,
  checkStreamOptions,
  type MapOptions,
  type ReduceOptions,
  type RunOptions,
  type StreamOptions,
} from './call-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import { checkInputs, InputSource, type SourceHost } from './input-source.ts'
import { MapCall, type MapParts } from './map-call.ts'
import { CollectedOutputs, type Outputs, SettledOutputs, type Settlement } from './outputs.ts'
import { Reduction } from './reduction.ts'
import { RunCall, type RunKind } from './run-call.ts'
import { StreamOutputs } from './stream-outputs.ts'

/** A call that may be pending while nothing of it is queued or on a thread. */
export interface OpenCall extends LimitedCall {
  fail(error: unknown, outcome: 'closed'): void
}

export class Calls {
  readonly #dispatcher: Dispatcher
  readonly #admission: Admission
  readonly #open = new Set<OpenCall>()
  /** Of the last call of `run`. */
  #lastKind: RunKind | undefined

  constructor(dispatcher: Dispatcher, admission: Admission) {
    this.#dispatcher = dispatcher
    this.#admission = admission
  }

  /** @param scopeSignal Of the scope that forks this, if one does. */
  run(
    name: string,
    input: unknown,
    options: RunOptions | undefined,
    scopeSignal?: AbortSignal,
  ): Promise<unknown> {
    if (!isTraced()) return this.#run(name, input, options, scopeSignal)
    return traced('run', name, () => this.#run(name, input, options, scopeSignal))
  }

  #run(
    name: string,
    input: unknown,
    options: RunOptions | undefined,
    scopeSignal: AbortSignal | undefined,
  ): Promise<unknown> {
    return new Promise((resolve) => {
      const settings = this.#admission.check('run', name, options, scopeSignal)
      this.#admission.admit(name, settings)
      const call = new RunCall(this.#kindOf(name, settings), input, resolve)
      this.#dispatcher.metrics.submitted()
      this.#dispatcher.work.add()
      this.#dispatcher.submit(call)
    })
  }

  map(
    name: string,
    inputs: unknown,
    options: MapOptions | undefined,
    scopeSignal?: AbortSignal,
  ): Promise<unknown[]> {
    return this.#collect<unknown[]>(
      'map',
      name,
      inputs,
      options,
      scopeSignal,
      (settlement, awaited) => {
        return new CollectedOutputs(settlement, awaited)
      },
    )
  }

  mapSettled(
    name: string,
    inputs: unknown,
    options: MapOptions | undefined,
  ): Promise<PromiseSettledResult<unknown>[]> {
    return this.#collect('mapSettled', name, inputs, options, undefined, (settlement, awaited) => {
      return new SettledOutputs(settlement, awaited)
    })
  }

  /** Accepted when its first output is asked for. */
  stream(name: string, inputs: unknown, options: StreamOptions | undefined): OutputStream<unknown> {
    const settings = this.#admission.check('stream', name, options)
    const streamSettings = checkStreamOptions(options)
    checkInputs('stream', inputs)
    const outputs = new StreamOutputs(streamSettings, () =>
      this.#dispatcher.mostInFlight(name, settings.chunkSize),
    )
    let call: MapCall | undefined
    outputs.feedFrom({
      // Whoever reads it first may do so in another async context.
      start: AsyncResource.bind(() => {
        try {
          this.#admission.admit(name, settings)
          call = this.#submit(name, settings, (host) => {
            return { source: InputSource.of('stream', inputs, host), outputs }
          })
        } catch (error) {
          outputs.fail(error)
        }
      }),
      roomMade: () => call?.onRoom(),
      awaited: () => {},
      stop: async (reason) => {
        await undefined // a generator may leave while its first inputs are read, and there is no call yet
        await call?.leave(reason)
      },
    })
    return outputs
  }

  reduce(
    name: string,
    inputs: unknown,
    options: ReduceOptions<unknown> | undefined,
  ): Promise<unknown> {
    return traced('reduce', name, () => this.#reduce(name, inputs, options))
  }

  #reduce(
    name: string,
    inputs: unknown,
    options: ReduceOptions<unknown> | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settings = this.#admission.check('reduce', name, options)
      this.#admission.admit(name, settings)
      // One message, one fold: how long it is, the reduction decides.
      this.#submit(name, { ...settings, folds: true, chunkSize: 1 }, (host) => {
        const mostHeld = () => this.#dispatcher.mostInFlight(name, settings.chunkSize)
        const source = InputSource.of('reduce', inputs, { ...host, mostHeld })
        const reduction = new Reduction(source, {
          initial: options?.initial,
          grain: (left) =>
            Math.max(2, settings.chunkSize ?? this.#dispatcher.chunkSize(name, left)),
          onFoldable: host.onInput,
          settlement: { resolve, reject },
        })
        return { source: reduction, outputs: reduction }
      })
    })
  }

  broadcast(
    name: string,
    input: unknown,
    options: BroadcastOptions | undefined,
  ): Promise<unknown[]> {
    return traced('broadcast', name, async () => {
      const settings = this.#admission.check('broadcast', name, options)
      this.#admission.admit(name, settings)
      return broadcast(this.#kindOf(name, settings), input)
    })
  }

  /** A scope that was accepted. */
  open(call: OpenCall): void {
    this.#open.add(call)
    this.#dispatcher.work.add()
  }

  ended(call: OpenCall): void {
    this.#open.delete(call)
    this.#dispatcher.work.done()
  }

  /** All that are open are waited for. */
  hold(): void {
    for (const call of this.#open) holdDeadline(call)
  }

  /** Ends all that are open. */
  fail(error: Error): void {
    for (const call of this.#open) call.fail(error, 'closed')
  }

  #kindOf(name: string, settings: CallSettings): RunKind {
    if (this.#lastKind?.name !== name || this.#lastKind.settings !== settings) {
      this.#lastKind = { dispatcher: this.#dispatcher, name, settings }
    }
    return this.#lastKind
  }

  #collect<Value>(
    method: string,
    name: string,
    inputs: unknown,
    options: MapOptions | undefined,
    scopeSignal: AbortSignal | undefined,
    outputsFor: (settlement: Settlement<Value>, awaited: number) => Outputs,
  ): Promise<Value> {
    const call = (): Promise<Value> =>
      new Promise((resolve, reject) => {
        const settings = this.#admission.check(method, name, options, scopeSignal)
        this.#admission.admit(name, settings)
        this.#submit(name, settings, (host) => {
          const source = InputSource.of(method, inputs, host)
          return { source, outputs: outputsFor({ resolve, reject }, source.remaining) }
        })
      })
    return traced(method, name, call)
  }

  #submit(
    name: string,
    settings: CallSettings,
    endsFor: (host: SourceHost) => Pick<MapParts, 'source' | 'outputs'>,
  ): MapCall {
    const { work } = this.#dispatcher
    work.add() // it was admitted, and from here on code of the user's runs, which may close the pool
    const call = this.#newMapCall(name, settings, endsFor)
    this.#begin(call)
    return call
  }

  #newMapCall(
    name: string,
    settings: CallSettings,
    endsFor: (host: SourceHost) => Pick<MapParts, 'source' | 'outputs'>,
  ): MapCall {
    try {
      const ends = endsFor({
        onInput: () => call.onInput(),
        mostHeld: () =>
          Math.min(this.#dispatcher.mostInFlight(name, settings.chunkSize), call.pullable),
      })
      const onSettled = () => this.#open.delete(call)
      const call = new MapCall(this.#dispatcher, { name, settings, ...ends, onSettled })
      this.#open.add(call)
      return call
    } catch (error) {
      this.#dispatcher.work.done()
      throw error
    }
  }

  /** Unless it was ended while its inputs were asked for their iterator. */
  #begin(call: MapCall): void {
    const { destroyedFor } = this.#admission
    const aborted = abortedSignal(call.settings)
    if (destroyedFor !== undefined) call.fail(destroyedFor, 'closed')
    else if (aborted !== undefined) call.cancel({ reason: aborted.reason, outcome: 'cancelled' })
    else call.onInput()
  }
}

/** Makes a call, and tells of it if anybody listens. */
function traced<Output>(
  method: string,
  name: string,
  call: () => Promise<Output>,
): Promise<Output> {
  return isTraced() ? traceCall({ runner: 'fork-join', method, name }, call) : call()
}
