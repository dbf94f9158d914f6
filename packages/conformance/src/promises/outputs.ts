/** What goes in and what comes out. */
import { describe, expect, test } from 'vitest'
import { Latch, until } from '../latch.ts'
import { rejection, watch } from '../rejection.ts'
import { seededRandom } from '../seeded-random.ts'
import type { Subject } from '../subject.ts'

export function outputsPromise({ make, shared, can }: Subject): void {
  describe('outputs', () => {
    test('run gives the output of the task', async () => {
      const runner = shared()
      expect(await runner.run('add', [19, 23])).toBe(42)
      expect(await runner.run('echoAfter', { ms: 1, value: 'later' })).toBe('later')
    })

    test('the runner has the methods that it is said to have', () => {
      const runner = shared()
      const has = (method: 'map' | 'mapSettled' | 'stream' | 'destroy') =>
        typeof runner[method] === 'function'
      const { map, mapSettled, stream, destroy } = can
      expect({
        map: has('map'),
        mapSettled: has('mapSettled'),
        stream: has('stream'),
        destroy: has('destroy'),
      }).toEqual({ map, mapSettled, stream, destroy })
    })

    test('run returns a promise', async () => {
      const promise = shared().run('echo', 1)
      expect(promise).toBeInstanceOf(Promise)
      await promise
    })

    test.each([
      ['undefined', undefined],
      ['null', null],
      ['zero', 0],
      ['false', false],
      ['an empty string', ''],
      ['NaN', Number.NaN],
      ['a bigint', 12n],
      ['a date', new Date(86_400_000)],
      ['a map', new Map([['key', new Set([1])]])],
      ['a typed array', new Uint8Array([1, 2, 3])],
      ['an array of undefined', [undefined]],
      ['an error', new RangeError('as a value')],
    ])('%s goes in and comes out', async (_what, value) => {
      expect(await shared().run('echo', value)).toEqual(value)
    })

    test('a task that returns a thenable gives what it brings', async () => {
      expect(await shared().run('giveThenable', 'brought')).toBe('brought')
    })

    test('the input may be left out', async () => {
      expect(await shared().run('echo')).toBeUndefined()
    })

    test('a task gets a context, whose functions may be taken apart', async () => {
      expect(await shared().run('describeContext')).toEqual({
        isSignal: true,
        aborted: false,
        cancelled: false,
        functions: true,
      })
    })

    test('shared memory is shared, not copied', async () => {
      const runner = shared()
      const latch = new Latch()
      const held = runner.run('hold', latch.input('seen'))
      await latch.started()
      latch.release()
      expect(await held).toBe('seen')
      expect(latch.count('ended')).toBe(1)
    })

    test('as many run at once as may', async () => {
      const runner = make({ concurrency: 2 })
      const latch = new Latch()
      const held = [runner.run('hold', latch.input(1)), runner.run('hold', latch.input(2))]
      await latch.started(2)
      latch.release()
      expect(await Promise.all(held)).toEqual([1, 2])
    })

    test('many at once all give their own output', async () => {
      const runner = shared()
      const inputs = Array.from({ length: can.crowd }, (_, index) => index)
      const outputs = await Promise.all(inputs.map((input) => runner.run('add', [input, 1])))
      expect(outputs).toEqual(inputs.map((input) => input + 1))
    })

    test.runIf(can.bounded)('never more run at once than may', async () => {
      const runner = make({ concurrency: 3 })
      const latch = new Latch()
      const length = Math.min(can.crowd, 60)
      await Promise.all(Array.from({ length }, () => runner.run('meter', latch.input())))
      expect(latch.count('started')).toBe(length)
      expect(latch.count('peak')).toBeLessThanOrEqual(3)
    })

    test.runIf(can.bounded)(
      'with equal priority, what was submitted first runs first',
      async () => {
        const runner = make({ concurrency: 1 })
        const log = new Int32Array(new SharedArrayBuffer(4 * 64))
        const ids = Array.from({ length: Math.min(can.crowd, 50) }, (_, index) => index + 1)
        await Promise.all(ids.map((id) => runner.run('mark', { words: log, id })))
        expect([...log.subarray(1, ids.length + 1)]).toEqual(ids)
      },
    )

    test.runIf(can.bounded && can.priority)('a higher priority runs first', async () => {
      const runner = make({ concurrency: 1 })
      const latch = new Latch()
      const log = new Int32Array(new SharedArrayBuffer(4 * 8))
      const running = runner.run('hold', latch.input())
      await latch.started()
      const submit = (id: number, priority?: number) =>
        runner.run('mark', { words: log, id }, priority === undefined ? {} : { priority })
      const queued = [submit(1, -1), submit(2), submit(3, 0), submit(4, 5), submit(5, 5)]
      latch.release()
      await Promise.all([running, ...queued])
      expect([...log.subarray(1, 6)]).toEqual([4, 5, 2, 3, 1])
    })

    test('every task of a mixed crowd settles once, with its own outcome', async () => {
      const runner = make({ concurrency: 2 })
      const random = seededRandom(20_251_124)
      const stop = new AbortController()
      const crowd = Array.from({ length: Math.min(can.crowd, 300) }, (_, index) => {
        const kind = Math.floor(random() * 4)
        if (kind === 0)
          return { kind, promise: runner.run('failIf', { fails: true, value: index }) }
        if (kind === 1) return { kind, promise: runner.run('echoAfter', { ms: 1, value: index }) }
        if (kind === 2)
          return { kind, promise: runner.run('echo', index, { signal: AbortSignal.abort(index) }) }
        return { kind, promise: runner.run('echo', index, { signal: stop.signal }) }
      })
      const watched = crowd.map(({ promise }) => watch(promise))
      for (const [index, { kind, promise }] of crowd.entries()) {
        if (kind === 0)
          expect(await rejection(promise)).toHaveProperty('message', `failed at ${index}`)
        else if (kind === 2) expect(await rejection(promise)).toBe(index)
        else expect(await promise).toBe(index)
      }
      await until(() => watched.every(({ settled }) => settled), 'all to settle')
    })
  })
}
