/**
 * Work of any length that computes for a given share of it and waits for the rest. An ordinary task
 * module: the same function runs inline, under the executor, fork-join and detached.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { TaskContext } from '@threeply/task'

export interface MixedWork {
  /** How much to compute, in steps of a few nanoseconds. */
  readonly steps: number
  /** How long to wait half-way, in milliseconds. */
  readonly wait: number
}

/** @returns A number that follows from `steps` alone. */
export function mixed(
  { steps, wait }: MixedWork,
  { signal }: TaskContext,
): number | Promise<number> {
  if (wait === 0) return compute(steps)
  const half = Math.floor(steps / 2)
  const first = compute(half)
  return waitFor(wait, signal).then(() => first + compute(steps - half))
}

/** Does `steps` rounds of xorshift (Marsaglia 2003), which nothing can shorten. */
export function compute(steps: number): number {
  let state = 0x2545f491
  for (let step = 0; step < steps; step += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state
}

/** Timers have whole milliseconds; a shorter wait passes by turns of the event loop. */
async function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds >= 1) {
    await sleep(milliseconds, undefined, { signal })
    return
  }
  const end = performance.now() + milliseconds
  while (performance.now() < end) await nextTurn()
}
