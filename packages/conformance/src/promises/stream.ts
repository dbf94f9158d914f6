/** `stream`: outputs as they come, with a bounded number of inputs pulled ahead. */
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { CountedInputs } from '../counted-inputs.ts'
import { Latch, turns, until } from '../latch.ts'
import { failure, rejection } from '../rejection.ts'
import type { Subject } from '../subject.ts'

const one = { chunkSize: 1 }

export function streamPromise({ make, shared, can }: Subject): void {
  describe.runIf(can.stream)('stream', () => {
    test('yields every output once', async () => {
      const inputs = Array.from({ length: can.crowd }, (_, index) => [index, 1])
      const outputs = await collect(shared().stream!('add', inputs))
      expect(outputs.sort((left, right) => Number(left) - Number(right))).toEqual(
        inputs.map((_, index) => index + 1),
      )
    })

    test('takes sync and async iterables, and nothing', async () => {
      const runner = shared()
      const inOrder = { order: 'input' } as const
      const sync = new CountedInputs(4).sync()
      expect(await collect(runner.stream!('echo', sync, inOrder))).toEqual([0, 1, 2, 3])
      const async = new CountedInputs(4).async()
      expect(await collect(runner.stream!('echo', async, inOrder))).toEqual([0, 1, 2, 3])
      expect(await collect(runner.stream!('echo', []))).toEqual([])
    })

    test('yields in the order of completion by default', async () => {
      const runner = make({ concurrency: 2 })
      const first = new Latch()
      const second = new Latch()
      const outputs = runner.stream!('hold', [first.input('first'), second.input('second')], one)
      const iterator = outputs[Symbol.asyncIterator]()
      const next = iterator.next()
      await Promise.all([first.started(), second.started()])
      second.release()
      expect(await next).toEqual({ done: false, value: 'second' })
      first.release()
      expect(await iterator.next()).toEqual({ done: false, value: 'first' })
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
    })

    test('or of the inputs', async () => {
      const runner = make({ concurrency: 2 })
      const inputs = [30, 1, 20, 2, 10, 3].map((ms, value) => ({ ms, value }))
      const outputs = runner.stream!('echoAfter', inputs, { ...one, order: 'input' })
      expect(await collect(outputs)).toEqual([0, 1, 2, 3, 4, 5])
    })

    test('or with the index of each input', async () => {
      const inputs = ['a', 'b', 'c', 'd']
      const pairs = await collect(shared().stream!('echo', inputs, { indexed: true }))
      expect(pairs).toHaveLength(4)
      expect(new Map(pairs as [number, string][])).toEqual(new Map(inputs.entries()))
    })

    test.each(['completion', 'input'] as const)(
      'holds a bounded number of inputs when nobody reads, in order of %s',
      async (order) => {
        const runner = make({ concurrency: 2 })
        const inputs = new CountedInputs()
        const options = { ...one, order, readAhead: 3 }
        const iterator = runner.stream!('echo', inputs.async(), options)[Symbol.asyncIterator]()
        expect((await iterator.next()).done).toBe(false)
        await inputs.quiet()
        const held = can.inFlight(2) + 3
        expect(inputs.pulled).toBeLessThanOrEqual(1 + held)
        for (let taken = 0; taken < 20; taken += 1) await iterator.next()
        await inputs.quiet()
        expect(inputs.pulled).toBeGreaterThanOrEqual(21)
        expect(inputs.pulled).toBeLessThanOrEqual(21 + held)
        await iterator.return!()
        expect(inputs.closed).toBe(true)
      },
    )

    test('by default reads ahead as many as are in flight', async () => {
      const runner = make({ concurrency: 2 })
      const inputs = new CountedInputs()
      const iterator = runner.stream!('echo', inputs.sync(), one)[Symbol.asyncIterator]()
      await iterator.next()
      await inputs.quiet()
      expect(inputs.pulled).toBeLessThanOrEqual(1 + 2 * can.inFlight(2))
      await iterator.return!()
    })

    test('breaking out of the loop stops pulling, and cancels what runs', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const inputs = new CountedInputs()
      const source = inputs.async((index) => ({
        does: index === 0 ? 'echo' : 'hold',
        words: latch.words,
        output: index,
      }))
      for await (const output of runner.stream!('holdOr', source, one)) {
        expect(output).toBe(0)
        await latch.started()
        break
      }
      await until(
        () => latch.count('ended') === latch.count('started'),
        'what runs to be cancelled',
      )
      await until(() => inputs.closed, 'the iterable to be closed')
      const { pulled } = inputs
      await turns()
      expect(inputs.pulled).toBe(pulled)
      expect(latch.count('cancelled')).toBe(latch.count('started'))
      expect(await runner.run('echo', 'unharmed')).toBe('unharmed')
    })

    test('an error in the loop does so too, and is what the loop throws', async () => {
      const runner = shared()
      const inputs = new CountedInputs()
      const mine = new Error('mine')
      const read = async () => {
        for await (const _output of runner.stream!('echo', inputs.sync())) throw mine
      }
      expect(await rejection(read())).toBe(mine)
      await until(() => inputs.closed, 'the iterable to be closed')
    })

    test('throws the first failure, and cancels the rest', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const inputs = ['hold', 'fail'].map((does) => ({ does, words: latch.words }))
      const error = await failure(collect(runner.stream!('holdOr', inputs, one)))
      expect(error).toMatchObject({ message: 'failed while another was running' })
      if (can.crossesThreads) expect(error.task).toMatchObject({ name: 'holdOr', index: 1 })
      await until(
        () => latch.count('ended') === latch.count('started'),
        'what runs to be cancelled',
      )
    })

    test('throws what the iterable throws', async () => {
      const thrown = new RangeError('the source is broken')
      const source = new CountedInputs(3, thrown).async()
      expect(await rejection(collect(shared().stream!('echo', source)))).toBe(thrown)
    })

    test('an abort throws the reason, of an infinite iterable too', async () => {
      const runner = shared()
      const controller = new AbortController()
      const { signal } = controller
      const inputs = new CountedInputs()
      let taken = 0
      const read = async () => {
        for await (const _output of runner.stream!('echo', inputs.sync(), { signal })) {
          taken += 1
          if (taken === 10) controller.abort(new Error('enough'))
        }
      }
      expect(await rejection(read())).toBe(signal.reason)
      await until(() => inputs.closed, 'the iterable to be closed')
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    })

    test('an abort cancels what runs', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const controller = new AbortController()
      const { signal } = controller
      const inputs = [latch.input(), latch.input()]
      const reading = rejection(collect(runner.stream!('hold', inputs, { ...one, signal })))
      await latch.started(2)
      controller.abort(new Error('stop'))
      expect(await reading).toBe(signal.reason)
      await latch.ended(2)
      expect(latch.count('cancelled')).toBe(2)
    })

    test('a signal that is already aborted: nothing is pulled', async () => {
      const inputs = new CountedInputs()
      const signal = AbortSignal.abort(new Error('too late'))
      const reading = collect(shared().stream!('echo', inputs.sync(), { signal }))
      expect(await rejection(reading)).toBe(signal.reason)
      expect(inputs.pulled).toBe(0)
    })
  })
}

async function collect(outputs: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = []
  for await (const output of outputs) collected.push(output)
  return collected
}
