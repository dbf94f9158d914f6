/** Rounds in which every subject has its turn, in another order each. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Rounds, Subject } from './bench.ts'

/** Fewer rounds say little; the budget does not stop a comparison before. */
const FEWEST_ROUNDS = 5

export interface InterleaveOptions {
  readonly rounds: number
  readonly warmUp: boolean
  /** Milliseconds. */
  readonly budget: number
  readonly signal: AbortSignal
}

export async function interleave<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  { rounds, warmUp, budget, signal }: InterleaveOptions,
): Promise<Rounds<Name>> {
  const names = Object.keys(subjects) as Name[]
  const took = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >
  const run = async (name: Name, round: number): Promise<number> => {
    await nextTurn() // what the one before has left in the event loop is not this one's
    signal.throwIfAborted()
    const start = performance.now()
    const result = subjects[name](round)
    if (isThenable(result)) await result
    return performance.now() - start
  }

  if (warmUp) for (const name of names) await run(name, 0)
  const start = performance.now()
  for (let round = 0; round < rounds; round++) {
    if (round >= FEWEST_ROUNDS && performance.now() - start > budget) break
    for (const index of turns(names.length, round)) {
      const name = names[index]!
      took[name].push(await run(name, round))
    }
  }
  return took
}

/**
 * The order of `count` subjects in `round`: row by row a Latin square in which each follows each
 * other equally often (Williams 1949; with an odd count it takes the mirrored rows too).
 */
export function turns(count: number, round: number): readonly number[] {
  const row = round % count
  const order = Array.from({ length: count }, (_, place) => {
    const zigzag = place % 2 === 0 ? place / 2 : count - (place + 1) / 2
    return (zigzag + row) % count
  })
  const mirrored = count % 2 === 1 && Math.floor(round / count) % 2 === 1
  return mirrored ? order.reverse() : order
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
