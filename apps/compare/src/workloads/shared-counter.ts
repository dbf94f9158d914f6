/** One counter that many increment: the tasks of threads, and of async functions, that race for it. */
import type { TaskContext } from '@threeply/task'

/** How a thread increments. */
export type Increment = 'plain' | 'atomic'

export interface ThreadIncrements {
  /** Two words: how many have arrived at a start, and how many starts there have been. */
  readonly gate: SharedArrayBuffer
  readonly threads: number
  /** One counter a trial, each on a cache line of its own. */
  readonly counters: SharedArrayBuffer
  readonly trials: readonly Increment[]
  /** By each thread, in a trial. */
  readonly increments: Readonly<Record<Increment, number>>
}

/** Words from one counter to the next, so that trials do not share a cache line. */
export const STRIDE = 32 // 128 bytes: two lines, which some processors fetch together

/**
 * Goes through the trials together with the other threads: all start each at the same moment, and
 * increment the trial's counter as fast as they can.
 * @returns how long each trial took on this thread, in milliseconds
 */
export function incrementShared(input: ThreadIncrements, context: TaskContext): number[] {
  const counters = new Int32Array(input.counters)
  const gate = new Int32Array(input.gate)
  return input.trials.map((increment, trial) => {
    context.throwIfCancelled()
    startTogether(gate, input.threads)
    const start = performance.now()
    const times = input.increments[increment]
    if (increment === 'plain') incrementPlain(counters, trial * STRIDE, times)
    else incrementAtomic(counters, trial * STRIDE, times)
    return performance.now() - start
  })
}

function incrementPlain(counters: Int32Array, at: number, times: number): void {
  for (let i = 0; i < times; i++) counters[at] = counters[at]! + 1
}

function incrementAtomic(counters: Int32Array, at: number, times: number): void {
  for (let i = 0; i < times; i++) Atomics.add(counters, at, 1)
}

/** Returns on every thread when the last of them has called it. */
function startTogether(gate: Int32Array, threads: number): void {
  const start = Atomics.load(gate, 1)
  if (Atomics.add(gate, 0, 1) === threads - 1) {
    Atomics.store(gate, 0, 0)
    Atomics.add(gate, 1, 1)
    Atomics.notify(gate, 1)
  } else {
    // A thread that spins is off the line at once; one that has slept would miss the first part.
    for (let spins = 0; Atomics.load(gate, 1) === start; spins++) {
      if (spins > SPINS) Atomics.wait(gate, 1, start)
    }
  }
}

const SPINS = 10_000 // some tenths of a millisecond; longer waits give the core away
