/** The timeout of a call, which counts from its submission. */
import { TaskTimeoutError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Latch, turns } from '../latch.ts'
import { failure, watch } from '../rejection.ts'
import type { Subject } from '../subject.ts'

/** Node's timers may fire up to a millisecond early. */
const EARLY = 2

export function timeoutsPromise({ make, shared, can }: Subject): void {
  describe.runIf(can.timeout)('timeouts', () => {
    test('a running task is cancelled, with how long it waited and how long it ran', async () => {
      const runner = shared()
      await runner.run('echo') // a thread is there, so that the timeout finds the task running
      const latch = new Latch()
      const running = runner.run('hold', latch.input(), { timeout: 300 })
      const failed = failure(running)
      await latch.started()
      const error = await failed
      expect(error).toBeInstanceOf(TaskTimeoutError)
      expect(error.code).toBe('ERR_THREEPLY_TIMEOUT')
      expect(error.timeout).toBe(300)
      expect(error.runTime).toBeGreaterThan(0)
      expect(error.queueTime).toBeGreaterThanOrEqual(0)
      expect(Number(error.queueTime) + Number(error.runTime)).toBeGreaterThanOrEqual(300 - EARLY)
      await latch.ended()
      expect(latch.count('cancelled')).toBe(1)
    })

    test.runIf(can.bounded)('a queued task is refused, and never starts', async () => {
      const runner = make({ concurrency: 1 })
      const holding = new Latch()
      const waiting = new Latch()
      const held = runner.run('hold', holding.input('held'))
      await holding.started()
      const error = await failure(runner.run('meter', waiting.input(), { timeout: 30 }))
      expect(error).toBeInstanceOf(TaskTimeoutError)
      expect(error).toMatchObject({ timeout: 30, runTime: 0 })
      expect(error.queueTime).toBeGreaterThanOrEqual(30 - EARLY)
      expect(holding.count('ended')).toBe(0)
      holding.release()
      expect(await held).toBe('held')
      expect(await runner.run('echo', 'next')).toBe('next')
      expect(waiting.count('started')).toBe(0)
    })

    test.each([
      ['Infinity', Number.POSITIVE_INFINITY],
      ['longer than a timer can be', 2 ** 40],
    ])('a timeout of %s does not run out', async (_what, timeout) => {
      const runner = shared()
      const latch = new Latch()
      const running = runner.run('hold', latch.input('in time'), { timeout })
      const watched = watch(running)
      await latch.started()
      await turns()
      expect(watched.settled).toBe(false)
      latch.release()
      expect(await running).toBe('in time')
    })

    test('a task that ends in time leaves nothing to run out', async () => {
      const runner = shared()
      expect(await runner.run('echo', 'in time', { timeout: 60_000 })).toBe('in time')
    })

    test('a task that fails in time rejects with its own error', async () => {
      const error = await failure(shared().run('failCustom', undefined, { timeout: 60_000 }))
      expect(error.code).toBe('ERR_ORDER')
    })

    test.runIf(can.map)('map takes a timeout too', async () => {
      const latch = new Latch()
      const mapped = shared().map!('hold', [latch.input()], { timeout: 300 })
      expect(await failure(mapped)).toBeInstanceOf(TaskTimeoutError)
      await latch.ended(latch.count('started'))
    })

    test.runIf(can.stream)('so does stream', async () => {
      const latch = new Latch()
      const read = async () => {
        const outputs = shared().stream!('hold', [latch.input()], { timeout: 300 })
        for await (const _output of outputs);
      }
      expect(await failure(read())).toBeInstanceOf(TaskTimeoutError)
      await latch.ended(latch.count('started'))
    })

    test('the signal that comes first is the reason', async () => {
      const runner = shared()
      const latch = new Latch()
      const controller = new AbortController()
      const options = { signal: controller.signal, timeout: 60_000 }
      const running = failure(runner.run('hold', latch.input(), options))
      await latch.started()
      controller.abort(new Error('sooner'))
      expect(await running).toBe(controller.signal.reason)
    })

    test.runIf(can.crossesThreads)(
      'a thread that ignores its timeout is ended when grace has run out',
      async () => {
        const runner = make({ concurrency: 1, grace: 20 })
        await runner.run('echo')
        const latch = new Latch()
        const running = failure(runner.run('block', latch.input(), { timeout: 300 }))
        await latch.started()
        expect(await running).toBeInstanceOf(TaskTimeoutError)
        expect(latch.count('ended')).toBe(0)
        expect(await runner.run('echo', 'next')).toBe('next')
      },
    )

    test.runIf(can.crossesThreads)('a timeout before the thread has started is kept', async () => {
      const runner = make({ concurrency: 1 })
      const latch = new Latch()
      const running = failure(runner.run('hold', latch.input(), { timeout: 1 }))
      expect(await running).toBeInstanceOf(TaskTimeoutError)
      expect(await runner.run('echo', 'next')).toBe('next')
      expect(latch.count('started')).toBe(latch.count('ended'))
    })
  })
}
