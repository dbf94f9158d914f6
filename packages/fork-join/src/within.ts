/** A bound to waiting. */
import { clearTimeout, setTimeout } from 'node:timers'
import { LONGEST_TIMER } from '@threeply/task/runner'

/** Settles as `ending` does, or fulfils when that has not in so many milliseconds. */
export async function within(milliseconds: number, ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    if (milliseconds <= LONGEST_TIMER) timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([ending, late]).finally(() => clearTimeout(timer))
}
