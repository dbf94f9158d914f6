/** Aborting a call, before it starts, while it waits and while it runs. */
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { Latch, turns, until } from '../latch.ts'
import { rejection, watch } from '../rejection.ts'
import type { Subject } from '../subject.ts'

/** Longer than any test: what must not run out. */
const NEVER = 600_000

export function cancellationPromise({ make, shared, can }: Subject): void {
  describe('cancellation', () => {
    test('a signal that is already aborted: rejects with its reason, and the task never starts', async () => {
      const runner = shared()
      const latch = new Latch()
      const reason = new Error('too late')
      const aborted = AbortSignal.abort(reason)
      expect(await rejection(runner.run('meter', latch.input(), { signal: aborted }))).toBe(reason)
      await runner.run('echo')
      await turns()
      expect(latch.count('started')).toBe(0)
    })

    test.each([
      ['an error', new Error('stop')],
      ['a string', 'stop'],
      ['null', null],
      ['zero', 0],
      ['false', false],
    ])('the reason is the very signal.reason: %s', async (_what, reason) => {
      const runner = make({ concurrency: 1 })
      const latch = new Latch()
      const controller = new AbortController()
      const running = rejection(runner.run('hold', latch.input(), { signal: controller.signal }))
      await latch.started()
      const queued = rejection(runner.run('echo', 1, { signal: controller.signal }))
      controller.abort(reason)
      expect(await running).toBe(reason)
      if (can.bounded) expect(await queued).toBe(reason)
      else await queued
      expect(await rejection(runner.run('echo', 1, { signal: controller.signal }))).toBe(reason)
    })

    test('without a reason it is the AbortError of the signal', async () => {
      const runner = shared()
      const latch = new Latch()
      const controller = new AbortController()
      const running = rejection(runner.run('hold', latch.input(), { signal: controller.signal }))
      await latch.started()
      controller.abort()
      expect(await running).toBe(controller.signal.reason)
    })

    test.runIf(can.bounded)('a queued task rejects at once, and never starts', async () => {
      const runner = make({ concurrency: 1 })
      const holding = new Latch()
      const waiting = new Latch()
      const held = runner.run('hold', holding.input('held'))
      await holding.started()
      const controller = new AbortController()
      const queued = runner.run('meter', waiting.input(), { signal: controller.signal })
      const behind = runner.run('echo', 'behind')
      controller.abort(new Error('not wanted'))
      expect(await rejection(queued)).toBe(controller.signal.reason)
      expect(holding.count('ended')).toBe(0)
      holding.release()
      expect(await Promise.all([held, behind])).toEqual(['held', 'behind'])
      expect(waiting.count('started')).toBe(0)
    })

    test('a task that is aborted in the tick of its submission rejects with the reason', async () => {
      const runner = shared()
      const latch = new Latch()
      const controller = new AbortController()
      const stopped = runner.run('hold', latch.input(), { signal: controller.signal })
      controller.abort(new Error('stop'))
      expect(await rejection(stopped)).toBe(controller.signal.reason)
      expect(await runner.run('echo', 'next')).toBe('next')
      await until(() => latch.count('ended') === latch.count('started'), 'what started to end')
    })

    test('a running task sees its signal abort', async () => {
      const runner = shared()
      const latch = new Latch()
      const controller = new AbortController()
      const running = runner.run('waitForAbort', latch.input(), { signal: controller.signal })
      await latch.started()
      controller.abort(new Error('stop'))
      expect(await rejection(running)).toBe(controller.signal.reason)
      await latch.ended()
      expect(latch.count('cancelled')).toBe(1)
    })

    test('aborting one task harms no other', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const controller = new AbortController()
      const stopped = runner.run('hold', latch.input(1), { signal: controller.signal })
      const kept = runner.run('hold', latch.input('kept'))
      await latch.started(2)
      controller.abort(new Error('stop'))
      expect(await rejection(stopped)).toBe(controller.signal.reason)
      latch.release()
      expect(await kept).toBe('kept')
    })

    test('aborting after the end changes nothing', async () => {
      const runner = shared()
      const controller = new AbortController()
      expect(await runner.run('echo', 'done', { signal: controller.signal })).toBe('done')
      controller.abort(new Error('too late'))
      expect(await runner.run('echo', 'next')).toBe('next')
    })

    test('one signal may stop many tasks, and keeps no listener of those that have ended', async () => {
      const runner = make({ concurrency: 2 })
      const controller = new AbortController()
      const { signal } = controller
      for (let round = 0; round < 3; round += 1) {
        await Promise.all([
          runner.run('echo', 1, { signal }),
          rejection(runner.run('failCustom', undefined, { signal })),
        ])
      }
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
      const latch = new Latch()
      const held = [1, 2].map((input) =>
        rejection(runner.run('hold', latch.input(input), { signal })),
      )
      await latch.started(2)
      controller.abort(new Error('all of them'))
      expect(await Promise.all(held)).toEqual([signal.reason, signal.reason])
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    })

    describe.runIf(can.crossesThreads)('of a thread', () => {
      test('synchronous code sees the flag', async () => {
        const runner = make({ grace: NEVER })
        const latch = new Latch()
        const controller = new AbortController()
        const running = runner.run('spin', latch.input(), { signal: controller.signal })
        await latch.started()
        controller.abort(new Error('stop'))
        expect(await rejection(running)).toBe(controller.signal.reason)
        expect(latch.count('cancelled')).toBe(1)
      })

      test('a running task rejects when it has really ended', async () => {
        const runner = make({ grace: NEVER })
        const latch = new Latch()
        const controller = new AbortController()
        const running = runner.run('ignoreCancellation', latch.input(), {
          signal: controller.signal,
        })
        const watched = watch(running)
        await latch.started()
        controller.abort(new Error('stop'))
        await turns()
        expect(watched.settled).toBe(false)
        latch.release()
        expect(await rejection(running)).toBe(controller.signal.reason)
        expect(latch.count('ended')).toBe(1)
      })

      test('a task that returns because it was cancelled rejects with the reason', async () => {
        const runner = make({ grace: NEVER })
        const latch = new Latch()
        const controller = new AbortController()
        const running = runner.run('giveUpQuietly', latch.input(), { signal: controller.signal })
        await latch.started()
        controller.abort(new Error('stop'))
        expect(await rejection(running)).toBe(controller.signal.reason)
      })

      test('when grace has run out, its thread is ended and replaced', async () => {
        const runner = make({ concurrency: 1, grace: 20 })
        const latch = new Latch()
        const controller = new AbortController()
        const running = runner.run('block', latch.input(), { signal: controller.signal })
        await latch.started()
        controller.abort(new Error('stop'))
        expect(await rejection(running)).toBe(controller.signal.reason)
        expect(latch.count('ended')).toBe(0)
        expect(await runner.run('echo', 'on another thread')).toBe('on another thread')
      })

      test('grace: 0 does not wait', async () => {
        const runner = make({ concurrency: 1, grace: 0 })
        const latch = new Latch()
        const controller = new AbortController()
        const running = runner.run('block', latch.input(), { signal: controller.signal })
        await latch.started()
        controller.abort(new Error('stop'))
        expect(await rejection(running)).toBe(controller.signal.reason)
        expect(await runner.run('echo', 'next')).toBe('next')
      })

      test.runIf(can.bounded)('what waited behind an ended thread runs on another', async () => {
        const runner = make({ concurrency: 1, grace: 20 })
        const latch = new Latch()
        const controller = new AbortController()
        const running = runner.run('block', latch.input(), { signal: controller.signal })
        await latch.started()
        const behind = Array.from({ length: 20 }, (_, index) => runner.run('echo', index))
        controller.abort(new Error('stop'))
        expect(await rejection(running)).toBe(controller.signal.reason)
        expect(await Promise.all(behind)).toEqual(Array.from({ length: 20 }, (_, index) => index))
      })
    })

    describe.runIf(!can.crossesThreads)('of a function', () => {
      test('rejects at once, and its slot stays taken until it has ended', async () => {
        const runner = make({ concurrency: 1 })
        const stubborn = new Latch()
        const next = new Latch()
        const controller = new AbortController()
        const running = runner.run('ignoreCancellation', stubborn.input(), {
          signal: controller.signal,
        })
        await stubborn.started()
        controller.abort(new Error('stop'))
        expect(await rejection(running)).toBe(controller.signal.reason)
        expect(stubborn.count('ended')).toBe(0)
        const waiting = runner.run('meter', next.input('ran'))
        await turns()
        expect(next.count('started')).toBe(0)
        stubborn.release()
        expect(await waiting).toBe('ran')
      })
    })
  })
}
