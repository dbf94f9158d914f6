/** Threads compile the tasks for themselves: some hundred of them go by until one is as fast as it gets. */

const MOST_RUNS = 40

/** Runs that are no faster than the best before, until it counts as warm. */
const NO_FASTER = 3

/**
 * Runs something until it gets no faster, or until the time is up.
 * @param milliseconds From the end of the first run, which may have to start the threads; one run more
 * may have begun.
 * @returns What the last run gave.
 */
export async function warmUp<T>(run: () => Promise<T>, milliseconds: number): Promise<T> {
  let end = Number.POSITIVE_INFINITY
  let shortest = Number.POSITIVE_INFINITY
  for (let runs = 1, noFaster = 0; ; runs += 1) {
    const start = performance.now()
    const result = await run()
    const now = performance.now()
    if (runs === 1) end = now + milliseconds
    noFaster = now - start < shortest * 0.95 ? 0 : noFaster + 1
    shortest = Math.min(shortest, now - start)
    if (noFaster === NO_FASTER || runs === MOST_RUNS || now >= end) return result
  }
}
