/** Effect 4: `forEach` with a concurrency, and a semaphore for single submission. */
import type { LimiterRival } from './limiter-rival.ts'

export const effect: LimiterRival = {
  name: 'effect',
  role: 'peer',
  async open(limit, task) {
    const { Effect, Semaphore } = await import('effect')
    const semaphore = Semaphore.makeUnsafe(limit)
    const once = (input: number) => Effect.promise(() => task(input))
    return {
      run: (input) => Effect.runPromise(semaphore.withPermit(once(input))),
      map: (inputs) => Effect.runPromise(Effect.forEach(inputs, once, { concurrency: limit })),
    }
  },
}
