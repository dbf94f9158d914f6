/** Whatever the inputs and the size of the chunks: `map` gives what a plain loop gives. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { ForkJoinPool } from '../src/index.ts'

type Tasks = typeof import('@threeply/conformance/tasks')

const pool = new ForkJoinPool<Tasks>(new URL(import.meta.resolve('@threeply/conformance/tasks')), {
  threads: 2,
})

afterAll(() => pool.close())

test('map gives the outputs of a plain loop, in the order of the inputs', async () => {
  const inputs = fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), {
    maxLength: 300,
  })
  const chunkSize = fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(inputs, chunkSize, async (values, size) => {
      expect(await pool.map('echo', values, { chunkSize: size })).toEqual(values)
    }),
    { numRuns: 60 },
  )
}, 60_000)
