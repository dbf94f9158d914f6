/** Keeps the process alive while there is accepted work: pending promises alone do not. */
import { LONGEST_TIMER } from '@threeply/task/runner'

let holders = 0
let timer: NodeJS.Timeout | undefined

/** One more reason to stay alive. One timer serves all executors of the thread. */
export function holdAlive(): void {
  holders += 1
  if (holders > 1) return
  if (timer === undefined) timer = setInterval(nothing, LONGEST_TIMER)
  else timer.ref()
}

/** One reason less. */
export function releaseAlive(): void {
  holders -= 1
  if (holders === 0) timer?.unref()
}

function nothing(): void {}
