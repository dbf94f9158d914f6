/** Whether a call was made inside a function that an executor runs: told by the async context. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Where functions run: at one level of one executor. */
export interface Place {
  /** The executor. */
  readonly owner: object
  /** 0, or how many functions of the same executor they are nested in. */
  readonly level: number
}

/** The executors whose functions the running code is inside of, each with the innermost level. */
type Nesting = ReadonlyMap<object, number>

const nesting = new AsyncLocalStorage<Nesting>()

/** At which level of `owner` the caller's function runs; undefined outside of all its functions. */
export function levelIn(owner: object): number | undefined {
  return nesting.getStore()?.get(owner)
}

/** The nesting of functions that run at one place, wherever they were called. */
export class Entrance {
  readonly #place: Place
  /** That of most functions, which were called from outside of all. */
  readonly #alone: Nesting

  constructor(place: Place) {
    this.#place = place
    this.#alone = new Map([[place.owner, place.level]])
  }

  /** Calls `fn` with `argument`, inside. */
  enter<Argument, Output>(fn: (argument: Argument) => Output, argument: Argument): Output {
    const outer = nesting.getStore()
    if (outer === undefined) return nesting.run(this.#alone, fn, argument)
    const { owner, level } = this.#place
    if (outer.get(owner) === level) return fn(argument)
    return nesting.run(new Map(outer).set(owner, level), fn, argument)
  }
}
