/** What a user gets from the packages as they are published, on the workspace's own Node.js. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, createConsumer } from '../src/consumer.ts'

const MINUTES = 60_000

let consumer: Consumer

beforeAll(async () => {
  consumer = await createConsumer()
}, 5 * MINUTES)

afterAll(() => consumer?.remove())

test('every package does its job when it is imported', { timeout: MINUTES }, async () => {
  expect(await consumer.run(process.execPath, 'imported.mjs')).toBe('every job done\n')
})

test('every package does its job when it is required', { timeout: MINUTES }, async () => {
  expect(await consumer.run(process.execPath, 'required.cjs')).toBe('every job done\n')
})

test('the packed types infer and refuse as promised', { timeout: MINUTES }, async () => {
  await expect(consumer.checkTypes()).resolves.toBeUndefined()
})
