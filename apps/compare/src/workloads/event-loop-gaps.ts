/** A parent that has something of its own to do each millisecond: its gaps show when it could not. */

export interface Ticking {
  /** @returns When it did it, in milliseconds from the start, the stop included. */
  stop(): readonly number[]
}

/** Ticks every millisecond from now on. */
export function startTicking(): Ticking {
  const start = performance.now()
  const ticks = [0]
  const timer = setInterval(() => ticks.push(performance.now() - start), 1)
  return {
    stop() {
      clearInterval(timer)
      ticks.push(performance.now() - start)
      return ticks
    },
  }
}

/** How long at most the parent could not go on, in milliseconds. */
export function longestGap(ticks: readonly number[]): number {
  let longest = 0
  for (let i = 1; i < ticks.length; i += 1) longest = Math.max(longest, ticks[i]! - ticks[i - 1]!)
  return longest
}
