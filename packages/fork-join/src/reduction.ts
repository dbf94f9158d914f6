/**
 * One call of `reduce`: values in the order of the inputs. Those side by side are folded on a thread,
 * many at a time while there are many, and what that gives takes their place: a tree, of which no
 * level waits for the one below it.
 */
import { InvalidOptionError } from '@threeply/task'
import { AliasGuard } from './alias-guard.ts'
import { InputSource, type Patience } from './input-source.ts'
import type { Outputs, Settlement } from './outputs.ts'

/** Looking into larger values for what they have in common costs more than a message for each pair. */
const MAX_PARTS = 1_024

export interface ReductionSettings {
  /** What is left of the first input; `undefined` when there is nothing. */
  readonly initial: unknown
  /** How many values are worth a message, when so many are left; 2 or more. */
  readonly grain: (left: number) => number
  /** There is something to be folded, after there was nothing. */
  readonly onFoldable: () => void
  readonly settlement: Settlement<unknown>
}

/** Values side by side; or the place of some, while a thread has them. */
interface Stretch {
  readonly isOut: boolean
  readonly values: unknown[]
  /** For each value, the place of the first input that it is made of. */
  readonly places: number[]
}

/** What it pulls from the inputs, it gives as arrays of values to be folded. */
export class Reduction extends InputSource implements Outputs {
  readonly takeFailures = false
  readonly #source: InputSource
  readonly #settings: ReductionSettings
  readonly #guard = new AliasGuard(MAX_PARTS)
  /** In order. No two of them side by side are here: such are one. */
  #stretches: Stretch[] = []
  #pulled = 0
  /** Of the first input of the values given last. */
  #place = 0

  constructor(source: InputSource, settings: ReductionSettings) {
    super()
    this.#source = source
    this.#settings = settings
    if (settings.initial !== undefined) this.#append(settings.initial, 0)
  }

  get remaining(): number {
    const left = this.#source.remaining
    if (left === 0 && this.#find(2) === undefined) return 0
    return Math.ceil((left + this.#waiting) / this.#grain())
  }

  next(): boolean {
    const grain = this.#grain()
    const stretch = this.#find(grain) ?? this.#pull(grain) ?? this.#find(2)
    if (stretch === undefined) return false
    this.value = this.#takeFrom(stretch, grain)
    return true
  }

  override get hasFailed(): boolean {
    return this.#source.hasFailed && this.#find(2) === undefined
  }

  override inContext<Result>(read: () => Result): Result {
    return this.#source.inContext(read)
  }

  stop(patience: Patience): Promise<void> | undefined {
    this.#stretches = []
    return this.#source.stop(patience)
  }

  open(): number {
    return this.#place
  }

  fulfil(place: number, value: unknown): void {
    let from = this.#stretches.findIndex(({ isOut, places }) => isOut && places[0] === place)
    let until = from + 1
    const parts: Stretch[] = [{ isOut: false, values: [value], places: [place] }]
    const before = this.#stretches[from - 1]
    if (before?.isOut === false) {
      parts.unshift(before)
      from -= 1
    }
    const after = this.#stretches[until]
    if (after?.isOut === false) {
      parts.push(after)
      until += 1
    }
    this.#stretches.splice(from, until - from, join(parts))
    if (this.remaining > 0) this.#settings.onFoldable()
  }

  reject(): void {}

  room(): number {
    return Number.POSITIVE_INFINITY
  }

  finish(): void {
    const { settlement } = this.#settings
    const [last] = this.#stretches
    if (last !== undefined) settlement.resolve(last.values[0])
    else settlement.reject(nothingToReduce())
  }

  failing(): void {}

  fail(error: unknown): void {
    this.#settings.settlement.reject(error)
  }

  #grain(): number {
    return this.#settings.grain(this.#source.remaining + this.#waiting)
  }

  /** How many values are here. */
  get #waiting(): number {
    return this.#stretches.reduce(
      (sum, { isOut, values }) => (isOut ? sum : sum + values.length),
      0,
    )
  }

  #find(atLeast: number): Stretch | undefined {
    return this.#stretches.find(({ isOut, values }) => !isOut && values.length >= atLeast)
  }

  /** The last stretch, filled from the inputs; `undefined` when they do not suffice, or not yet. */
  #pull(grain: number): Stretch | undefined {
    let last = this.#stretches.at(-1)
    while (last === undefined || last.isOut || last.values.length < grain) {
      if (!this.#source.next()) return undefined
      last = this.#append(this.#source.value, this.#pulled)
      this.#pulled += 1
    }
    return last
  }

  #append(value: unknown, place: number): Stretch {
    let last = this.#stretches.at(-1)
    if (last === undefined || last.isOut) {
      last = { isOut: false, values: [], places: [] }
      this.#stretches.push(last)
    }
    last.values.push(value)
    last.places.push(place)
    return last
  }

  /** Takes `grain` values; fewer, when they have objects in common, which a message would tie together. */
  #takeFrom(stretch: Stretch, grain: number): unknown[] {
    const { values, places } = stretch
    const most = Math.min(grain, values.length)
    let count = 0
    this.#guard.reset()
    while (count < most && (this.#guard.admits(values[count]) || count < 2)) count += 1
    const [place] = places.splice(0, count)
    this.#place = place!
    const taken = values.splice(0, count)
    const at = this.#stretches.indexOf(stretch)
    const out: Stretch = { isOut: true, values: [], places: [this.#place] }
    this.#stretches.splice(at, values.length === 0 ? 1 : 0, out)
    return taken
  }
}

function join(stretches: readonly Stretch[]): Stretch {
  return {
    isOut: false,
    values: stretches.flatMap(({ values }) => values),
    places: stretches.flatMap(({ places }) => places),
  }
}

function nothingToReduce(): InvalidOptionError {
  return new InvalidOptionError(
    'initial',
    'reduce has no inputs and no initial. Give it `initial`, which is then what it gives.',
  )
}
