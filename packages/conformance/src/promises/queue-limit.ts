/** A bounded queue refuses, or makes wait, and never drops silently. */
import { ClosedError, QueueFullError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Latch, turns } from '../latch.ts'
import { failure, rejection, watch } from '../rejection.ts'
import type { Subject } from '../subject.ts'

export function queueLimitPromise({ make, can }: Subject): void {
  describe.runIf(can.queueLimit)('queueLimit', () => {
    test('counts what waits, not what runs, and refuses the next', async () => {
      const runner = make({ concurrency: 1, queueLimit: 2 })
      const latch = new Latch()
      const running = runner.run('hold', latch.input('ran'))
      await latch.started()
      const waiting = [runner.run('echo', 1), runner.run('echo', 2)]
      const error = await failure(runner.run('echo', 3))
      expect(error).toBeInstanceOf(QueueFullError)
      expect(error.code).toBe('ERR_THREEPLY_QUEUE_FULL')
      latch.release()
      expect(await Promise.all([running, ...waiting])).toEqual(['ran', 1, 2])
      expect(await runner.run('echo', 'again')).toBe('again')
    })

    test('what is aborted makes room', async () => {
      const runner = make({ concurrency: 1, queueLimit: 1 })
      const latch = new Latch()
      const running = runner.run('hold', latch.input('ran'))
      await latch.started()
      const controller = new AbortController()
      const aborted = rejection(runner.run('echo', 1, { signal: controller.signal }))
      controller.abort('not wanted')
      expect(await aborted).toBe('not wanted')
      const next = runner.run('echo', 2)
      latch.release()
      expect(await Promise.all([running, next])).toEqual(['ran', 2])
    })

    test.runIf(can.overflow)("overflow: 'wait' makes the next wait for room", async () => {
      const runner = make({ concurrency: 1, queueLimit: 1, overflow: 'wait' })
      const latch = new Latch()
      const running = runner.run('hold', latch.input('ran'))
      await latch.started()
      const others = [1, 2, 3, 4].map((input) => runner.run('echo', input))
      const watched = others.map(watch)
      await turns()
      expect(watched.some(({ settled }) => settled)).toBe(false)
      latch.release()
      expect(await Promise.all([running, ...others])).toEqual(['ran', 1, 2, 3, 4])
    })

    test.runIf(can.overflow && can.destroy)(
      'what waits for room is destroyed with the rest',
      async () => {
        const runner = make({ concurrency: 1, queueLimit: 1, overflow: 'wait' })
        const latch = new Latch()
        const all = [failure(runner.run('hold', latch.input()))]
        await latch.started()
        for (const input of [1, 2, 3]) all.push(failure(runner.run('echo', input)))
        await turns()
        await runner.destroy!()
        for (const error of await Promise.all(all)) expect(error).toBeInstanceOf(ClosedError)
      },
    )

    test.runIf(can.overflow)('what waits for room can be aborted', async () => {
      const runner = make({ concurrency: 1, queueLimit: 1, overflow: 'wait' })
      const latch = new Latch()
      const running = runner.run('hold', latch.input('ran'))
      await latch.started()
      const queued = runner.run('echo', 1)
      const controller = new AbortController()
      const outside = rejection(runner.run('echo', 2, { signal: controller.signal }))
      await turns()
      controller.abort('not wanted')
      expect(await outside).toBe('not wanted')
      latch.release()
      expect(await Promise.all([running, queued])).toEqual(['ran', 1])
    })
  })
}
