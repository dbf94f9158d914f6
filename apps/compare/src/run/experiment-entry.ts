/** In the experiment's process: measures one claim, sends the data, ends. */
import { experiments } from '../claims/index.ts'
import { createBench } from '../measure/experiment-bench.ts'
import type { FromExperiment, ToExperiment } from './messages.ts'

const interruption = new AbortController()

// Whoever asked has gone: nobody waits for the data, and nothing may be left running.
process.on('disconnect', () => process.exit(1))

process.on('message', (message: ToExperiment) => {
  if (message.type === 'abort') interruption.abort()
  else measure(message).then(sayLast)
})

async function measure(order: ToExperiment & { type: 'measure' }): Promise<FromExperiment> {
  const { claim, machine, options } = order
  try {
    const experiment = experiments.find(({ id }) => id === claim)
    if (experiment === undefined) throw new RangeError(`there is no experiment for claim ${claim}`)
    const onProgress = (step: string) => say({ type: 'progress', step })
    let spread = 0
    const onSpread = (seen: number) => {
      spread = Math.max(spread, seen)
    }
    const { signal } = interruption
    const bench = createBench({ machine, options, signal, onProgress, onSpread })
    const data = await experiment.measure(bench)
    return { type: 'measured', data, spread }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    return { type: 'failed', message: error.message, stack: error.stack ?? error.message }
  }
}

function say(message: FromExperiment): void {
  process.send?.(message)
}

function sayLast(message: FromExperiment): void {
  process.send?.(message, () => process.exit(0))
}
