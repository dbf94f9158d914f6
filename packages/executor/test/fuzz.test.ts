/** Any sequence of run, abort, pause, resume, resize, clear, close and destroy. */
import fc from 'fast-check'
import { test } from 'vitest'
import { FuzzedRuns, fuzzStep } from './fixtures/fuzzed-runs.ts'

test('every call is settled exactly once, with what its history allows, and counted right meanwhile', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fuzzStep, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, concurrency) => {
        const runs = new FuzzedRuns(concurrency)
        for (const step of steps) await runs.take(step)
        await runs.end()
      },
    ),
    { numRuns: 1_000 },
  )
})
