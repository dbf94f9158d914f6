/** How much text this machine gets done in a millisecond, so that experiments take as long everywhere. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTaskContext } from '@threeply/task'
import type { Corpus } from './corpus.ts'
import { analyse } from './text-tasks.ts'

/** Milliseconds in which V8 has seen the task often enough to compile it well. */
const WARM_UP = 60

const MEASURED = 40 // milliseconds; a tenth of what one round of an experiment takes

/** About what one task of the experiments gets at a time, so that its caches are as full. */
const PIECE_LENGTH = 40_000

/** Characters that `analyse` gets done in a millisecond, once it is warm. */
export async function analysedPerMillisecond(corpus: Corpus, signal: AbortSignal): Promise<number> {
  const text = await corpus.textOfLength(PIECE_LENGTH)
  await analyseFor(WARM_UP, text, signal)
  return analyseFor(MEASURED, text, signal)
}

async function analyseFor(duration: number, text: string, signal: AbortSignal): Promise<number> {
  const context = createTaskContext({ signal })
  let busy = 0
  let characters = 0
  while (busy < duration) {
    await nextTurn()
    const start = performance.now()
    analyse(text, context)
    busy += performance.now() - start
    characters += text.length
  }
  return characters / busy
}
