/** In the experiment's process: measures one claim, judges it, sends the report, ends. */
import { claims } from '../claims/index.ts'
import { createBench } from '../measure/experiment-bench.ts'
import { reportClaim } from '../report.ts'
import type { FromExperiment, ToExperiment } from './messages.ts'

const interruption = new AbortController()

// Whoever asked has gone: nobody waits for the report, and nothing may be left running.
process.on('disconnect', () => process.exit(1))

process.on('message', (message: ToExperiment) => {
  if (message.type === 'abort') interruption.abort()
  else measure(message).then(sayLast)
})

async function measure(order: ToExperiment & { type: 'measure' }): Promise<FromExperiment> {
  const { machine, options } = order
  try {
    const claim = claims.find(({ id }) => id === order.claim)
    if (claim === undefined) throw new RangeError(`there is no claim ${order.claim}`)
    const experiment = await claim.load()
    const onProgress = (step: string) => say({ type: 'progress', step })
    let spread = 0
    const onSpread = (seen: number) => {
      spread = Math.max(spread, seen)
    }
    const { signal } = interruption
    const bench = createBench({ machine, options, signal, onProgress, onSpread })
    const data = await experiment.measure(bench)
    return { type: 'measured', report: reportClaim(claim, experiment, { data, spread }) }
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
