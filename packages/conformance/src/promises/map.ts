/** `map` and `mapSettled`: one task over many inputs, lazily, outputs in the order of the inputs. */
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { CountedInputs } from '../counted-inputs.ts'
import { Latch, turns } from '../latch.ts'
import { failure, rejection } from '../rejection.ts'
import type { Subject } from '../subject.ts'

const one = { chunkSize: 1 }

export function mapPromise({ make, shared, can }: Subject): void {
  describe.runIf(can.map)('map', () => {
    test('gives outputs in the order of the inputs, however they end', async () => {
      const inputs = [30, 1, 20, 2, 10, 3].map((ms, value) => ({ ms, value }))
      expect(await shared().map!('echoAfter', inputs)).toEqual([0, 1, 2, 3, 4, 5])
    })

    test('takes any sync iterable', async () => {
      const runner = shared()
      expect(await runner.map!('echo', new Set([3, 1, 2]))).toEqual([3, 1, 2])
      expect(await runner.map!('echo', new CountedInputs(4).sync())).toEqual([0, 1, 2, 3])
      expect(await runner.map!('echo', 'abc')).toEqual(['a', 'b', 'c'])
    })

    test('takes any async iterable', async () => {
      expect(await shared().map!('echo', new CountedInputs(5).async())).toEqual([0, 1, 2, 3, 4])
    })

    test('gives nothing for nothing', async () => {
      const runner = shared()
      expect(await runner.map!('echo', [])).toEqual([])
      expect(await runner.map!('echo', new CountedInputs(0).async())).toEqual([])
    })

    test('holes and undefined are inputs like any other', async () => {
      const outputs = await shared().map!('echo', [undefined, null, undefined])
      expect(outputs).toEqual([undefined, null, undefined])
    })

    test('takes many inputs', async () => {
      const inputs = Array.from({ length: 2 * can.crowd }, (_, index) => [index, 1])
      const outputs = await shared().map!('add', inputs)
      expect(outputs).toEqual(inputs.map((_, index) => index + 1))
    })

    test('two at once keep apart', async () => {
      const runner = shared()
      const first = runner.map!('add', [
        [1, 1],
        [2, 2],
      ])
      const second = runner.map!('add', new CountedInputs(0).async())
      const third = runner.map!('echo', ['a', 'b'])
      expect(await Promise.all([first, second, third])).toEqual([[2, 4], [], ['a', 'b']])
    })

    test('never more run at once than may', async () => {
      const latch = new Latch()
      const inputs = Array.from({ length: Math.min(can.crowd, 40) }, () => latch.input())
      await make({ concurrency: 2 }).map!('meter', inputs, one)
      expect(latch.count('started')).toBe(inputs.length)
      expect(latch.count('peak')).toBeLessThanOrEqual(2)
    })

    test('rejects with the first failure', async () => {
      const inputs = [1, 2, 3, 4].map((value) => ({ fails: value === 3, value }))
      const error = await failure(shared().map!('failIf', inputs))
      expect(error).toMatchObject({ message: 'failed at 3', code: 'ERR_ORDER' })
      if (can.crossesThreads) {
        expect(error.task).toEqual({ name: 'failIf', index: 2, thread: expect.any(Number) })
        expect(Object.keys(error)).not.toContain('task')
      }
    })

    test('a failure cancels what runs, and waits for its end', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const inputs = ['hold', 'fail'].map((does) => ({ does, words: latch.words }))
      const error = await failure(runner.map!('holdOr', inputs, one))
      expect(error.message).toBe('failed while another was running')
      expect(latch.count('cancelled')).toBe(1)
      expect(latch.count('ended')).toBe(latch.count('started'))
    })

    test('a failure stops pulling, and closes the iterable', async () => {
      const inputs = new CountedInputs()
      const failing = inputs.sync((index) => ({ fails: index === 5, value: index }))
      const error = await failure(shared().map!('failIf', failing, one))
      expect(error.message).toBe('failed at 5')
      expect(inputs.closed).toBe(true)
      const { pulled } = inputs
      await turns()
      expect(inputs.pulled).toBe(pulled)
    })

    test('an iterable that throws rejects with its own very error', async () => {
      const thrown = new RangeError('the source is broken')
      const inputs = new CountedInputs(3, thrown)
      expect(await rejection(shared().map!('echo', inputs.sync()))).toBe(thrown)
      const asyncInputs = new CountedInputs(3, thrown)
      expect(await rejection(shared().map!('echo', asyncInputs.async()))).toBe(thrown)
    })

    test('an infinite sync iterable ends with an abort, and is closed', async () => {
      const controller = new AbortController()
      const inputs = new CountedInputs()
      const source = inputs.sync((index) => {
        if (index === Math.min(can.crowd, 200)) controller.abort(new Error('enough'))
        return index
      })
      const mapped = shared().map!('echo', source, { signal: controller.signal })
      expect(await rejection(mapped)).toBe(controller.signal.reason)
      expect(inputs.closed).toBe(true)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    })

    test('an infinite async iterable ends with an abort, and is closed', async () => {
      const controller = new AbortController()
      const inputs = new CountedInputs()
      const source = inputs.async((index) => {
        if (index === Math.min(can.crowd, 200)) controller.abort(new Error('enough'))
        return index
      })
      const mapped = shared().map!('echo', source, { signal: controller.signal })
      expect(await rejection(mapped)).toBe(controller.signal.reason)
      expect(inputs.closed).toBe(true)
    })

    test('an abort cancels what runs, and pulls no more', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const controller = new AbortController()
      const inputs = new CountedInputs()
      const mapped = runner.map!(
        'hold',
        inputs.sync(() => latch.input()),
        { ...one, signal: controller.signal },
      )
      const rejected = rejection(mapped)
      await latch.started(2)
      controller.abort(new Error('stop'))
      expect(await rejected).toBe(controller.signal.reason)
      await latch.ended(2)
      await turns()
      expect(latch.count('started')).toBe(2)
      expect(inputs.closed).toBe(true)
    })

    test('an abort does not wait for an iterable that gives nothing', async () => {
      const controller = new AbortController()
      const never: AsyncIterable<unknown> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
      }
      const mapped = rejection(shared().map!('echo', never, { signal: controller.signal }))
      await turns(2)
      controller.abort(new Error('stop'))
      expect(await mapped).toBe(controller.signal.reason)
    })

    test('a signal that is already aborted: nothing is pulled', async () => {
      const inputs = new CountedInputs()
      const signal = AbortSignal.abort(new Error('too late'))
      expect(await rejection(shared().map!('echo', inputs.sync(), { signal }))).toBe(signal.reason)
      expect(inputs.pulled).toBe(0)
    })

    test('a long-lived signal keeps no listener', async () => {
      const { signal } = new AbortController()
      const runner = shared()
      await runner.map!('echo', [1, 2, 3], { signal })
      await failure(runner.map!('failCustom', [1, 2, 3], { signal }))
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    })

    test('a failed map harms nothing else', async () => {
      const runner = make({ concurrency: 2 })
      const beside = runner.run('echoAfter', { ms: 5, value: 'beside' })
      await failure(runner.map!('failCustom', [1, 2, 3]))
      expect(await beside).toBe('beside')
      expect(await runner.map!('echo', [1])).toEqual([1])
    })
  })

  describe.runIf(can.mapSettled)('mapSettled', () => {
    test('tells of each input, in order, how it settled', async () => {
      const inputs = [1, 2, 3, 4].map((value) => ({ fails: value % 2 === 0, value }))
      const results = await shared().mapSettled!('failIf', inputs)
      expect(results).toEqual([
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: expect.objectContaining({ message: 'failed at 2' }) },
        { status: 'fulfilled', value: 3 },
        { status: 'rejected', reason: expect.objectContaining({ message: 'failed at 4' }) },
      ])
      const reason = (results[1] as PromiseRejectedResult).reason
      if (can.crossesThreads) expect(reason.task).toMatchObject({ name: 'failIf', index: 1 })
    })

    test('takes iterables of both kinds, and nothing', async () => {
      const runner = shared()
      const both = [
        { status: 'fulfilled', value: 0 },
        { status: 'fulfilled', value: 1 },
      ]
      expect(await runner.mapSettled!('echo', new CountedInputs(2).sync())).toEqual(both)
      expect(await runner.mapSettled!('echo', new CountedInputs(2).async())).toEqual(both)
      expect(await runner.mapSettled!('echo', [])).toEqual([])
    })

    test('an abort rejects the call with the reason', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const controller = new AbortController()
      const inputs = [latch.input(), latch.input(), latch.input(), latch.input()]
      const settled = rejection(
        runner.mapSettled!('hold', inputs, { ...one, signal: controller.signal }),
      )
      await latch.started(2)
      controller.abort(new Error('stop'))
      expect(await settled).toBe(controller.signal.reason)
    })
  })
}
