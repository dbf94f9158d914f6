/** How fast this machine computes, so that tasks of a given length can be made for it. */
import { compute } from './mixed-tasks.ts'

const STEPS = 1_000_000 // some two milliseconds: shorter than most disturbances
const ATTEMPTS = 8

/** How many steps `compute` does in a millisecond here, at its best. */
export function stepsInMillisecond(): number {
  let shortest = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const start = performance.now()
    compute(STEPS)
    shortest = Math.min(shortest, performance.now() - start)
  }
  return STEPS / shortest
}
