/** Everything at once, at random, for a moment: each promise settles once, with the right outcome. */
import { expect, test } from 'vitest'
import { soakPool } from './fixtures/soaked-pool.ts'

test.each([1, 2, 3, 4])('seed %i', { timeout: 240_000 }, async (seed) => {
  const { wrong, outcomes, left } = await soakPool({ seed, calls: 400, deathEvery: 6 })
  expect(wrong).toEqual([])
  expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(400)
  expect(left).toEqual(Object.fromEntries(Object.keys(left).map((name) => [name, 0])))
})
