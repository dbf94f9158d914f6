/** `close` keeps what was accepted, `destroy` rejects it, and both leave a runner that refuses. */
import { ClosedError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { copiedErrors } from '../copied-errors.ts'
import { Latch, turns } from '../latch.ts'
import { failure, rejection, watch } from '../rejection.ts'
import { seededRandom } from '../seeded-random.ts'
import type { ContractRunner, Subject } from '../subject.ts'

export function closingPromise({ make, can }: Subject): void {
  describe('closing', () => {
    test('after close, everything rejects with a ClosedError', async () => {
      const runner = make()
      await runner.run('echo')
      await runner.close()
      await refusesAll(runner)
    })

    test('a runner that was never used closes', async () => {
      await make().close()
    })

    test('close may be called twice, at once and later', async () => {
      const runner = make()
      await runner.run('echo')
      await Promise.all([runner.close(), runner.close()])
      await runner.close()
    })

    test('what is submitted while it closes is refused', async () => {
      const runner = make()
      const closed = runner.close()
      expect(await failure(runner.run('echo', 1))).toBeInstanceOf(ClosedError)
      await closed
    })

    test('await using closes', async () => {
      let outside: ContractRunner | undefined
      {
        await using runner = make()
        outside = runner
        expect(await runner.run('echo', 'inside')).toBe('inside')
      }
      expect(await failure(outside.run('echo', 1))).toBeInstanceOf(ClosedError)
    })

    test.each([1, 2, 3, 4, 5, 6])(
      'whenever it ends, everything submitted before and after has settled: seed %i',
      async (seed) => {
        const random = seededRandom(seed)
        const runner = make({ concurrency: 2 })
        const stop = new AbortController()
        const endAt = Math.floor(random() * 16)
        const settled: Promise<PromiseSettledResult<unknown>[]>[] = []
        let ended: Promise<unknown> | undefined
        for (let index = 0; index < 16; index += 1) {
          if (index === endAt) {
            const destroys = can.destroy && random() < 0.5
            ended = destroys ? runner.destroy!() : runner.close()
          }
          const options = random() < 0.3 ? { signal: stop.signal } : {}
          const fails = random() < 0.3
          settled.push(Promise.allSettled([runner.run('failIf', { fails, value: index }, options)]))
          if (random() < 0.1) stop.abort('stopped')
          if (random() < 0.5) await turns(1)
        }
        await ended
        for (const [index, [result]] of (await Promise.all(settled)).entries()) {
          const outcome = result!.status === 'fulfilled' ? result!.value : result!.reason
          const { name, message, code } = Object(outcome) as Record<string, unknown>
          const isAllowed =
            outcome === index ||
            outcome === 'stopped' ||
            message === `failed at ${index}` ||
            code === 'ERR_THREEPLY_CLOSED' ||
            // A thread may be asked to stop, or ended, before it has started its task.
            (!can.closeWaits && (name === 'AbortError' || code === 'ERR_THREEPLY_THREAD_EXIT'))
          expect({ outcome, isAllowed }).toEqual({ outcome, isAllowed: true })
        }
      },
    )

    test('an error of ours is known by another copy of our classes', async () => {
      const runner = make()
      await runner.close()
      const error = await failure(runner.run('echo', 1))
      const copy = await copiedErrors()
      expect(copy.ClosedError).not.toBe(ClosedError)
      expect(error instanceof copy.ClosedError).toBe(true)
      expect(error instanceof copy.ThreeplyError).toBe(true)
      expect(error instanceof copy.QueueFullError).toBe(false)
    })

    describe.runIf(can.closeWaits)('close', () => {
      test('waits for all accepted work', async () => {
        const runner = make({ concurrency: 1 })
        const latch = new Latch()
        const running = runner.run('hold', latch.input('ran'))
        const queued = [runner.run('echo', 1), runner.run('echo', 2)]
        await latch.started()
        const closed = runner.close()
        const watched = watch(closed)
        await turns()
        expect(watched.settled).toBe(false)
        latch.release()
        expect(await Promise.all([running, ...queued])).toEqual(['ran', 1, 2])
        await closed
      })

      test('waits for a task that fails, and does not reject for it', async () => {
        const runner = make()
        const failed = failure(runner.run('failLater'))
        await runner.close()
        expect(await failed).toHaveProperty('code', 'ERR_ORDER')
      })

      test('waits in await using as well', async () => {
        const latch = new Latch()
        let running: Promise<unknown>
        {
          await using runner = make()
          running = runner.run('hold', latch.input('ran'))
          setImmediate(() => latch.release())
        }
        expect(latch.count('ended')).toBe(1)
        expect(await running).toBe('ran')
      })

      test.runIf(can.deadline)('with a deadline destroys what is left', async () => {
        const runner = make({ concurrency: 1 })
        const latch = new Latch()
        const running = failure(runner.run('hold', latch.input()))
        const queued = failure(runner.run('echo', 1))
        await latch.started()
        await runner.close({ deadline: 30 })
        expect(await running).toBeInstanceOf(ClosedError)
        expect(await queued).toBeInstanceOf(ClosedError)
      })

      test.runIf(can.deadline)('with a deadline ends before it when the work does', async () => {
        const runner = make()
        const running = runner.run('echoAfter', { ms: 1, value: 'in time' })
        await runner.close({ deadline: 600_000 })
        expect(await running).toBe('in time')
      })

      test.runIf(can.deadline)('refuses a bad deadline', async () => {
        const runner = make()
        const error = await failure(runner.close({ deadline: -1 }))
        expect(error).toMatchObject({
          code: 'ERR_THREEPLY_INVALID_OPTION',
          option: 'deadline',
        })
        expect(await runner.run('echo', 'still open')).toBe('still open')
      })
    })

    describe.runIf(!can.closeWaits)('shutdown', () => {
      test('asks what runs to stop, and settles it', async () => {
        const runner = make()
        const latch = new Latch()
        const running = rejection(runner.run('hold', latch.input()))
        await latch.started()
        await runner.close()
        await running
        expect(latch.count('cancelled')).toBe(1)
        expect(latch.count('ended')).toBe(1)
      })

      test('ends what does not stop within grace', async () => {
        const runner = make({ grace: 20 })
        const latch = new Latch()
        const running = rejection(runner.run('block', latch.input()))
        await latch.started()
        await runner.close()
        expect(await running).toHaveProperty('code', 'ERR_THREEPLY_THREAD_EXIT')
        expect(latch.count('ended')).toBe(0)
      })
    })

    describe.runIf(can.destroy)('destroy', () => {
      test('rejects what runs and what waits with a ClosedError', async () => {
        const runner = make({ concurrency: 1 })
        const latch = new Latch()
        const running = failure(runner.run('hold', latch.input()))
        await latch.started()
        const queued = [failure(runner.run('echo', 1)), failure(runner.run('echo', 2))]
        await runner.destroy!()
        for (const error of await Promise.all([running, ...queued])) {
          expect(error).toBeInstanceOf(ClosedError)
          expect(error.code).toBe('ERR_THREEPLY_CLOSED')
        }
        await refusesAll(runner)
      })

      test('does not wait for a task that never ends', async () => {
        const runner = make({ concurrency: 1, ...(can.crossesThreads ? { grace: 20 } : {}) })
        const latch = new Latch()
        const name = can.crossesThreads ? 'block' : 'ignoreCancellation'
        const running = failure(runner.run(name, latch.input()))
        await latch.started()
        await runner.destroy!()
        expect(await running).toBeInstanceOf(ClosedError)
        expect(latch.count('ended')).toBe(0)
      })

      test('cancels what runs', async () => {
        const runner = make()
        const latch = new Latch()
        const running = failure(runner.run('waitForAbort', latch.input()))
        await latch.started()
        await runner.destroy!()
        expect(await running).toBeInstanceOf(ClosedError)
        if (!can.crossesThreads) {
          await latch.ended()
          expect(latch.count('cancelled')).toBe(1)
        }
      })

      test('may be called twice, and beside and after close', async () => {
        const runner = make()
        const latch = new Latch()
        const running = failure(runner.run('hold', latch.input()))
        await latch.started()
        const closed = runner.close()
        await Promise.all([runner.destroy!(), runner.destroy!()])
        await closed
        expect(await running).toBeInstanceOf(ClosedError)
        await runner.destroy!()
        await runner.close()
      })

      test('of a runner that has only just been made settles what it was given', async () => {
        const runner = make()
        const submitted = [1, 2, 3].map((input) => failure(runner.run('echo', input)))
        await runner.destroy!()
        for (const error of await Promise.all(submitted)) expect(error).toBeInstanceOf(ClosedError)
      })

      test.runIf(can.map)('rejects a map that is under way', async () => {
        const runner = make({ concurrency: 1 })
        const latch = new Latch()
        const mapped = failure(runner.map!('hold', [latch.input(), latch.input(), latch.input()]))
        await latch.started()
        await runner.destroy!()
        expect(await mapped).toBeInstanceOf(ClosedError)
      })

      test.runIf(can.stream)('ends a stream that is under way with a ClosedError', async () => {
        const runner = make({ concurrency: 1 })
        const latch = new Latch()
        const read = async () => {
          for await (const _output of runner.stream!('hold', [latch.input(), latch.input()]));
        }
        const reading = failure(read())
        await latch.started()
        await runner.destroy!()
        expect(await reading).toBeInstanceOf(ClosedError)
      })
    })

    async function refusesAll(runner: ContractRunner): Promise<void> {
      const calls: (() => Promise<unknown>)[] = [() => runner.run('echo', 1)]
      if (can.map) calls.push(() => runner.map!('echo', [1]))
      if (can.mapSettled) calls.push(() => runner.mapSettled!('echo', [1]))
      if (can.stream) {
        calls.push(async () => {
          for await (const _output of runner.stream!('echo', [1]));
        })
      }
      for (const call of calls) {
        const error = await failure(call())
        expect(error).toBeInstanceOf(ClosedError)
        expect(error.code).toBe('ERR_THREEPLY_CLOSED')
      }
    }
  })
}
