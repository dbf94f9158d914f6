/** What an abort costs while many calls wait. */
import { expectOutputs } from './expect-outputs.ts'

/** A queue from which nothing starts until it is told to. */
export interface Waiting {
  submit(input: number, signal: AbortSignal | undefined): Promise<number>
  start(): void
}

/** So many are aborted, evenly spread over the middle half of the queue. */
const ABORTS = 200

/** The signals of all calls are made and listened to before; what an abort does at once is measured. */
export async function timePerAbort(inputs: readonly number[], queue: Waiting): Promise<number> {
  const from = Math.floor(inputs.length / 4)
  const step = Math.max(1, Math.floor(inputs.length / 2 / ABORTS))
  const controllers = new Map<number, AbortController>()
  for (let place = from; controllers.size < ABORTS && place < inputs.length; place += step) {
    controllers.set(place, new AbortController())
  }
  const calls = inputs.map((input, index) => queue.submit(input, controllers.get(index)?.signal))
  const settled = Promise.allSettled(calls)
  const start = performance.now()
  for (const controller of controllers.values()) controller.abort()
  const nanoseconds = ((performance.now() - start) * 1e6) / controllers.size
  queue.start()
  const results = await settled
  const kept = inputs.filter((_input, index) => !controllers.has(index))
  expectOutputs(
    results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    kept,
  )
  return nanoseconds
}
