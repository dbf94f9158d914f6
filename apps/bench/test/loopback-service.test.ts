import { expect, test } from 'vitest'
import { LoopbackService, RefusedError } from '../src/service/loopback-service.ts'

test('serves as many as it has servers and room for, refuses the rest, and can be changed', async () => {
  const service = await LoopbackService.start({ servers: 2, room: 3, serviceTime: 50 })
  const served = async (requests: number) => {
    const results = await Promise.allSettled(
      Array.from({ length: requests }, () => service.request()),
    )
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(RefusedError)
    }
    return results.filter(({ status }) => status === 'fulfilled').length
  }
  try {
    expect(await served(8)).toBe(5)
    await service.set({ servers: 8, room: 0, serviceTime: 1 })
    expect(await served(8)).toBe(8)
  } finally {
    await service.stop()
  }
})
