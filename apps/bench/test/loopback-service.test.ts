import { afterAll, beforeAll, expect, test } from 'vitest'
import { LoopbackService, RefusedError } from '../src/service/loopback-service.ts'

let service: LoopbackService
beforeAll(async () => {
  service = await LoopbackService.start({ servers: 0, room: 3, serviceTime: 1 })
})
afterAll(() => service.stop())

test('takes as many as it has room for, refuses the rest, and serves them when it has servers', async () => {
  let served = 0
  const refused: unknown[] = []
  const requests = Array.from({ length: 8 }, async () => {
    try {
      await service.request()
      served += 1
    } catch (error) {
      refused.push(error)
    }
  })
  await expect.poll(() => refused.length).toBe(5)
  for (const error of refused) expect(error).toBeInstanceOf(RefusedError)
  expect(served).toBe(0)
  await service.set({ servers: 2, room: 0, serviceTime: 1 })
  await Promise.all(requests)
  expect(served).toBe(3)
})

test('serves as many at once as it has servers', async () => {
  await service.set({ servers: 8, room: 0, serviceTime: 20 })
  await Promise.all(Array.from({ length: 8 }, () => service.request()))
  await service.set({ servers: 1, room: 8, serviceTime: 20 })
  const start = performance.now()
  await Promise.all(Array.from({ length: 8 }, () => service.request()))
  // Each takes half its time at least; a timer may be early by part of a millisecond.
  expect(performance.now() - start).toBeGreaterThan(8 * 9)
})
