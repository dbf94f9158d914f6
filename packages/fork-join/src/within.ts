/** Waits no longer than so many milliseconds. */
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'

/** Settles as `ending` does, or fulfils when that has not in so many milliseconds; with 0, in the next turn. */
export async function within(milliseconds: number, ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    if (milliseconds === 0) setImmediate(resolve)
    else timer = setTimeout(resolve, milliseconds).unref() // what waits may be given up, and keep nobody
  })
  await Promise.race([ending, late]).finally(() => clearTimeout(timer))
}
