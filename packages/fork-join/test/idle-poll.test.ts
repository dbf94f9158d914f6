/** What a thread does when it has nothing to do: polls for a moment, and sleeps. */
import { availableParallelism } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { ForkJoinPool } from '../src/index.ts'
import { Words } from './pools.ts'

type Immediates = typeof import('./fixtures/immediates.ts')

const CORES = availableParallelism()

test.skipIf(CORES === 1)('a thread that has answered turns its event loop', async () => {
  const pool = newPool(1)
  expect(await pool.run('immediates')).toBe(0)
  expect(await pool.run('immediates')).toBeGreaterThan(0)
})

test('polls end, and those in vain become ever fewer', async () => {
  const pool = newPool(1)
  const polled = await pool.run('polls', [20, []])
  const times = polled.flatMap((isPolled, at) => (isPolled ? at + 1 : []))
  expect(times).toEqual([1, 2, 4, 8, 16])
  const many = await pool.run('polls', [200, []])
  const late = many.flatMap((isPolled, at) => (isPolled && at > 60 ? at + 1 : []))
  expect(late).toEqual([64, 128, 192])
})

test('a message that comes while a thread polls brings them back', async () => {
  const pool = newPool(1)
  const polled = await pool.run('polls', [12, [8]])
  const times = polled.flatMap((isPolled, at) => (isPolled ? at + 1 : []))
  expect(times).toEqual([1, 2, 4, 8, 9, 10, 12])
})

test('where all cores have work, no thread polls', async () => {
  const pool = newPool(CORES)
  const held = new Words()
  const holding = Array.from({ length: CORES - 1 }, () => pool.run('hold', held.words))
  await held.started(CORES - 1)
  for (let call = 0; call < 5; call += 1) expect(await pool.run('immediates')).toBe(0)
  held.release()
  await Promise.all(holding)
})

function newPool(threads: number): ForkJoinPool<Immediates> {
  const module = new URL('./fixtures/immediates.ts', import.meta.url)
  const pool = new ForkJoinPool<Immediates>(module, { threads })
  onTestFinished(() => pool.destroy())
  return pool
}
