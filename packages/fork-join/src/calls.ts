/** The calls of a pool: accepts them or refuses them, and knows those that are open. */
import { AsyncResource } from 'node:async_hooks'
import { ClosedError, type OutputStream, QueueFullError } from '@threeply/task'
import { invalidOption, isTraced, traceCall } from '@threeply/task/runner'
import { broadcast } from './broadcast-call.ts'
import {
  type BroadcastOptions,
  type CallSettings,
  checkCallOptions,
  checkStreamOptions,
  defaultSettings,
  type MapOptions,
  type ReduceOptions,
  type RunOptions,
  type StreamOptions,
} from './call-options.ts'
import { Carrier } from './carry.ts'
import type { Dispatcher } from './dispatcher.ts'
import { checkInputs, InputSource, type SourceHost } from './input-source.ts'
import { MapCall, type MapParts } from './map-call.ts'
import { CollectedOutputs, type Outputs, SettledOutputs, type Settlement } from './outputs.ts'
import type { PoolSettings } from './pool-options.ts'
import { Reduction } from './reduction.ts'
import { RunCall, type RunKind } from './run-call.ts'
import { StreamOutputs } from './stream-outputs.ts'

/** A call that may be pending while nothing of it is queued or on a thread. */
export interface OpenCall {
  fail(error: unknown, outcome: 'closed'): void
}

export class Calls {
  readonly #dispatcher: Dispatcher
  readonly #settings: PoolSettings
  readonly #defaults: CallSettings
  readonly #open = new Set<OpenCall>()
  /** Of the last call of `run`. */
  #lastKind: RunKind | undefined
  readonly #carrier: Carrier
  /** The defaults, with what was carried last. */
  #carrying: CallSettings
  #isClosed = false
  /** What all is rejected with, once the pool was destroyed. */
  #destroyedFor: Error | undefined

  constructor(dispatcher: Dispatcher, settings: PoolSettings) {
    this.#dispatcher = dispatcher
    this.#settings = settings
    this.#defaults = defaultSettings(settings.grace)
    this.#carrier = new Carrier(settings.carry)
    this.#carrying = this.#defaults
  }

  /** @param isOfScope Whether a scope asks that was open before the pool was closed: it may go on forking. */
  run(
    name: string,
    input: unknown,
    options: RunOptions | undefined,
    isOfScope = false,
  ): Promise<unknown> {
    if (!isTraced()) return this.#run(name, input, options, isOfScope)
    return traced('run', name, () => this.#run(name, input, options, isOfScope))
  }

  #run(
    name: string,
    input: unknown,
    options: RunOptions | undefined,
    isOfScope: boolean,
  ): Promise<unknown> {
    return new Promise((resolve) => {
      const settings = this.#check('run', name, options)
      this.#admit(name, settings, isOfScope)
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
    isOfScope = false,
  ): Promise<unknown[]> {
    return this.#collect<unknown[]>(
      'map',
      name,
      inputs,
      options,
      isOfScope,
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
    return this.#collect('mapSettled', name, inputs, options, false, (settlement, awaited) => {
      return new SettledOutputs(settlement, awaited)
    })
  }

  /** Accepted when its first output is asked for. */
  stream(name: string, inputs: unknown, options: StreamOptions | undefined): OutputStream<unknown> {
    const settings = this.#check('stream', name, options)
    const streamSettings = checkStreamOptions(options)
    checkInputs('stream', inputs)
    const outputs = new StreamOutputs(streamSettings, () =>
      this.#dispatcher.readAhead(name, settings.chunkSize),
    )
    let call: MapCall | undefined
    outputs.feedFrom({
      // Whoever reads it first may do so in another async context.
      start: AsyncResource.bind(() => {
        try {
          this.#admit(name, settings, false)
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
      const settings = this.#check('reduce', name, options)
      this.#admit(name, settings, false)
      // One message, one fold: how long it is, the reduction decides.
      this.#submit(name, { ...settings, folds: true, chunkSize: 1 }, (host) => {
        const reduction = new Reduction(InputSource.of('reduce', inputs, host), {
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
      const settings = this.#check('broadcast', name, options)
      this.#admit(name, settings, false)
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

  /** @throws {ClosedError} ERR_THREEPLY_CLOSED */
  checkOpen(name: string): void {
    if (this.#isClosed) throw closedError(name)
  }

  /** Accepts nothing more, but from scopes that are open. */
  close(): void {
    this.#isClosed = true
  }

  /** Accepts nothing more, and ends what is open. */
  destroy(error: Error): void {
    this.#isClosed = true
    this.#destroyedFor = error
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
    isOfScope: boolean,
    outputsFor: (settlement: Settlement<Value>, awaited: number) => Outputs,
  ): Promise<Value> {
    const call = (): Promise<Value> =>
      new Promise((resolve, reject) => {
        const settings = this.#check(method, name, options)
        this.#admit(name, settings, isOfScope)
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
        readAhead: () => Math.min(this.#dispatcher.readAhead(name), call.room),
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
    const { signal } = call.settings
    if (this.#destroyedFor !== undefined) call.fail(this.#destroyedFor, 'closed')
    else if (signal?.aborted) call.cancel({ reason: signal.reason, outcome: 'cancelled' })
    else call.onInput()
  }

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
  #check(method: string, name: unknown, options: MapOptions | undefined): CallSettings {
    if (typeof name !== 'string') throw invalidOption(method, 'name', name, 'the name of a task')
    const settings = checkCallOptions(method, options, this.#defaults)
    const carried = this.#carrier.read()
    if (carried === undefined) return settings
    if (settings !== this.#defaults) return { ...settings, carried }
    if (this.#carrying.carried !== carried) this.#carrying = { ...settings, carried }
    return this.#carrying
  }

  /** Throws what a call is refused with. */
  #admit(name: string, { signal }: CallSettings, isOfScope: boolean): void {
    const { metrics } = this.#dispatcher
    if (this.#destroyedFor !== undefined || (this.#isClosed && !isOfScope)) {
      metrics.refused('closed')
      throw closedError(name)
    }
    if (signal?.aborted) {
      metrics.refused('cancelled')
      throw signal.reason
    }
    const { queueLimit, overflow } = this.#settings
    if (overflow === 'reject' && !this.#dispatcher.hasRoom(queueLimit)) {
      metrics.refused('refused')
      throw new QueueFullError(name, queueLimit)
    }
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

function closedError(name: string): ClosedError {
  return new ClosedError(
    `'${name}' was refused: the pool is closed. Submit before close() or destroy(), or to another pool.`,
  )
}
