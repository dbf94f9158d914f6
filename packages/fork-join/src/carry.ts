/** What travels with a task beside its input: values of its caller's context, and its trace. */
import type { TaskContext } from '@threeply/task'
import { currentTrace, isSameTrace, type TraceCarrier } from './trace-context.ts'

/** What a pool carries, by the names that tasks find it under. */
export type Carry = Readonly<Record<string, CarriedStorage>>

/** An `AsyncLocalStorage`, or anything that tells the current value as it does. */
export interface CarriedStorage {
  getStore(): unknown
}

/**
 * The context of a task that reads what its pool carries; `carried` has what each storage held when
 * the task was submitted, cloned. For a task that forks, too: `ForkContext<Tasks> & CarryContext<…>`.
 * @example
 * export const carry = { requestId: new AsyncLocalStorage<string>() } // in a module of its own
 *
 * export function handle(input: Input, { carried }: CarryContext<typeof carry>) {
 *   log(carried.requestId) // string | undefined
 * }
 */
export interface CarryContext<C extends Carry> extends TaskContext {
  readonly carried: { readonly [Name in keyof C]: ReturnType<C[Name]['getStore']> }
}

/** As it crosses the boundary. */
export type Carried = readonly [
  values: Readonly<Record<string, unknown>> | undefined,
  trace: TraceCarrier | undefined,
]

/** Reads what is to be carried. */
export class Carrier {
  readonly #storages: readonly (readonly [name: string, storage: CarriedStorage])[]
  #last: Carried | undefined

  constructor(carry: Carry) {
    this.#storages = Object.entries(carry)
  }

  /**
   * What the code that runs now has in its context; the same object while that stays the same, so
   * that calls with one context travel together. `undefined` when there is nothing to carry.
   */
  read(): Carried | undefined {
    const trace = currentTrace()
    if (this.#storages.length === 0 && trace === undefined) return undefined
    const values = this.#values()
    const last = this.#last
    if (last !== undefined && isSame(last[0], values) && isSameTrace(last[1], trace)) return last
    this.#last = [values, trace]
    return this.#last
  }

  #values(): Record<string, unknown> | undefined {
    if (this.#storages.length === 0) return undefined
    return Object.fromEntries(this.#storages.map(([name, storage]) => [name, storage.getStore()]))
  }
}

function isSame(a: Carried[0], b: Carried[0]): boolean {
  if (a === undefined || b === undefined) return a === b
  return Object.keys(a).every((name) => Object.is(a[name], b[name]))
}

/** What has come in one message with inputs may share objects with them, which their tasks may change. */
export function apart<Values extends Readonly<Record<string, unknown>>>(
  carried: Values | undefined,
): Values | undefined {
  if (carried === undefined) return undefined
  const hasObjects = Object.values(carried).some((value) => typeof value === 'object')
  return hasObjects ? structuredClone(carried) : carried
}
