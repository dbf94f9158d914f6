/** Text of a length that takes some time here, so that experiments take as long on every machine. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Corpus } from './corpus.ts'
import { wordStatistics } from './text-tasks.ts'

/** Milliseconds in which V8 has seen the task often enough to compile it well. */
const WARM_UP = 100

/** Characters to begin with: some milliseconds on a machine of 2026. */
const FIRST_LENGTH = 100_000

/** A text that takes within a fifth of what was asked for will do. */
const NEAR_ENOUGH = 0.8

/** Each attempt comes nearer; a machine so busy that six do not suffice gets what it got. */
const ATTEMPTS = 6

/** Gives text that `wordStatistics` takes about so many milliseconds for, once it is warm; takes three times as long. */
export async function textTaking(
  milliseconds: number,
  corpus: Corpus,
  signal: AbortSignal,
): Promise<string> {
  const time = async (text: string): Promise<number> => {
    await nextTurn()
    signal.throwIfAborted()
    const start = cpuTime()
    wordStatistics(text)
    return cpuTime() - start
  }
  let text = await corpus.textOfLength(FIRST_LENGTH)
  for (let busy = 0; busy < WARM_UP; ) busy += await time(text)
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const took = Math.min(await time(text), await time(text))
    if (took >= milliseconds * NEAR_ENOUGH) break
    const factor = Math.min(milliseconds / took, 8)
    text = await corpus.textOfLength(Math.ceil(text.length * factor))
  }
  return text
}

/** CPU time in milliseconds: what this thread waits for the processor does not count. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
