/** Which calls a pool accepts, with which settings: it checks their options, and refuses what it has no room for. */
import { ClosedError, QueueFullError } from '@threeply/task'
import { invalidOption } from '@threeply/task/runner'
import {
  type CallSettings,
  checkCallOptions,
  defaultSettings,
  type MapOptions,
} from './call-options.ts'
import { Carrier } from './carry.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { PoolSettings } from './pool-options.ts'

export class Admission {
  readonly #dispatcher: Dispatcher
  readonly #settings: PoolSettings
  readonly #defaults: CallSettings
  readonly #carrier: Carrier
  /** The defaults, with what was carried last. */
  #carrying: CallSettings
  #isClosed = false
  #destroyedFor: Error | undefined

  constructor(dispatcher: Dispatcher, settings: PoolSettings) {
    this.#dispatcher = dispatcher
    this.#settings = settings
    this.#defaults = defaultSettings(settings.grace)
    this.#carrier = new Carrier(settings.carry)
    this.#carrying = this.#defaults
  }

  /** What all is rejected with, once the pool was destroyed. */
  get destroyedFor(): Error | undefined {
    return this.#destroyedFor
  }

  /** From now on only scopes that were open before may go on. */
  close(): void {
    this.#isClosed = true
  }

  destroy(error: Error): void {
    this.#isClosed = true
    this.#destroyedFor = error
  }

  /** @throws {ClosedError} ERR_THREEPLY_CLOSED */
  checkOpen(name: string): void {
    if (this.#isClosed) throw closedError(name)
  }

  /**
   * @param scopeSignal Of the scope that asks, if one does.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION
   */
  check(
    method: string,
    name: unknown,
    options: MapOptions | undefined,
    scopeSignal?: AbortSignal,
  ): CallSettings {
    const settings = this.#check(method, name, options)
    return scopeSignal === undefined ? settings : { ...settings, scopeSignal }
  }

  #check(method: string, name: unknown, options: MapOptions | undefined): CallSettings {
    if (typeof name !== 'string') throw invalidOption(method, 'name', name, 'the name of a task')
    const settings = checkCallOptions(method, options, this.#defaults)
    const carried = this.#carrier.read()
    if (carried === undefined) return settings
    if (settings !== this.#defaults) return { ...settings, carried }
    if (this.#carrying.carried !== carried) this.#carrying = { ...settings, carried }
    return this.#carrying
  }

  /** Throws what a call is refused with. A scope that was open before the pool was closed may go on. */
  admit(name: string, settings: CallSettings): void {
    const { metrics } = this.#dispatcher
    const isOfScope = settings.scopeSignal !== undefined
    if (this.#destroyedFor !== undefined || (this.#isClosed && !isOfScope)) {
      metrics.refused('closed')
      throw closedError(name)
    }
    const aborted = abortedSignal(settings)
    if (aborted !== undefined) {
      metrics.refused('cancelled')
      throw aborted.reason
    }
    const { queueLimit, overflow } = this.#settings
    if (overflow === 'reject' && !this.#dispatcher.hasRoom(queueLimit)) {
      metrics.refused('refused')
      throw new QueueFullError(name, queueLimit)
    }
  }
}

/** That by which the call is cancelled already, if one is. */
export function abortedSignal({ signal, scopeSignal }: CallSettings): AbortSignal | undefined {
  if (signal?.aborted) return signal
  return scopeSignal?.aborted ? scopeSignal : undefined
}

function closedError(name: string): ClosedError {
  return new ClosedError(
    `'${name}' was refused: the pool is closed. Submit before close() or destroy(), or to another pool.`,
  )
}
