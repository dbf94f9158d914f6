/** How many inputs travel in one message, from what was measured. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunkSize, patience, TaskCosts } from '../src/chunk-size.ts'

const milliseconds = fc.double({ min: 1e-5, max: 1_000, noNaN: true })

test('a chunk is a fair share of what remains, and about a millisecond of work or one task', () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.integer({ min: 1, max: 64 }),
      milliseconds,
      (more, threads, cost) => {
        const remaining = more + 1
        const size = chunkSize(remaining, threads, cost)
        expect(size).toBeGreaterThanOrEqual(1)
        expect(size === 1 || size * cost <= 1).toBe(true)
        // Of shares that are not worth a message, a tenth of a millisecond goes together.
        const share = Math.max(Math.ceil(remaining / (2 * threads)), Math.floor(0.1 / cost), 1)
        expect(size).toBeLessThanOrEqual(share)
      },
    ),
  )
})

test('what nobody knows travels alone', () => {
  expect(chunkSize(1_000, 2, new TaskCosts().of('unknown'))).toBe(1)
})

test('what takes long to send travels alone, however little work it is', () => {
  const costs = new TaskCosts()
  for (const name of ['quick', 'slow']) costs.recordRun(name, 1, 1e-6)
  for (let message = 0; message < 500; message += 1) {
    costs.recordSend('quick', 10, 10 * 0.02)
    costs.recordSend('slow', 10, 10 * 0.08)
  }
  expect(chunkSize(1e6, 2, costs.of('slow'))).toBe(1)
  expect(chunkSize(1e6, 2, costs.of('quick'))).toBeGreaterThan(15)
})

test('after a chunk with one long task among short ones, inputs travel alone for a while', () => {
  const costs = new TaskCosts()
  costs.recordRun('uneven', 1_000, 1)
  expect(chunkSize(1e6, 2, costs.of('uneven'))).toBeGreaterThan(100)
  costs.recordRun('uneven', 1_000, 50)
  expect(chunkSize(1e6, 2, costs.of('uneven'))).toBe(1)
  for (let input = 0; input < 63; input += 1) costs.recordRun('uneven', 1, 0.001)
  expect(chunkSize(1e6, 2, costs.of('uneven'))).toBe(1)
  costs.recordRun('uneven', 1, 0.001)
  expect(chunkSize(1e6, 2, costs.of('uneven'))).toBeGreaterThan(1)
})

test('a chunk is overdue after four times its duration, and no sooner than 10 ms', () => {
  expect(patience(0.5)).toBe(10)
  expect(patience(20)).toBe(80)
  expect(patience(Number.POSITIVE_INFINITY)).toBe(10)
})
