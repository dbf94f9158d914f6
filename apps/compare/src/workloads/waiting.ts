/** Work that waits and then computes, as a thread does it and as async code does it. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DetachedContext } from '@threeply/detached'

/** Units of work, one after the other. */
export interface WaitingWork {
  readonly units: number
  /** How long each unit waits before it computes, in milliseconds. */
  readonly wait: number
  readonly text: string
}

/** A thread's own loop: does the work that it is sent, and sends the hash of the last unit back. */
export async function answerWork(
  _input: undefined,
  { messages, send }: DetachedContext<WaitingWork, string>,
): Promise<void> {
  for await (const work of messages) await send(workBlocking(work))
}

/** Threads wait by blocking. */
export function workBlocking({ units, wait, text }: WaitingWork): string {
  const never = new Int32Array(new SharedArrayBuffer(4))
  let hash = ''
  for (let unit = 0; unit < units; unit++) {
    Atomics.wait(never, 0, 0, wait)
    hash = compute(text, unit)
  }
  return hash
}

/** Async code waits by letting others run. */
export async function workAsync({ units, wait, text }: WaitingWork): Promise<string> {
  let hash = ''
  for (let unit = 0; unit < units; unit++) {
    await sleep(wait)
    hash = compute(text, unit)
  }
  return hash
}

function compute(text: string, unit: number): string {
  return createHash('sha256').update(text).update(String(unit)).digest('hex')
}
