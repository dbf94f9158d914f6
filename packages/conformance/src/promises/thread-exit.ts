/** A thread that dies takes its own task with it and no other. */
import { ThreadExitError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure } from '../rejection.ts'
import type { Subject } from '../subject.ts'

export function threadExitPromise({ make, can }: Subject): void {
  describe.runIf(can.crossesThreads)('a thread that dies', () => {
    test.each([0, 1, 7])('process.exit(%i) rejects with the exit code', async (exitCode) => {
      const runner = make({ concurrency: 1 })
      const error = await failure(runner.run('exitProcess', exitCode))
      expect(error).toBeInstanceOf(ThreadExitError)
      expect(error).toMatchObject({ code: 'ERR_THREEPLY_THREAD_EXIT', exitCode })
      expect(error.message).toContain('exitProcess')
      expect(await runner.run('echo', 'on another thread')).toBe('on another thread')
    })

    test.each([
      ['throwFromTimer', 'thrown from a timer'],
      ['rejectUnhandled', 'rejected and not handled'],
    ])('%s rejects with what ended the thread as the cause', async (name, message) => {
      const runner = make({ concurrency: 1 })
      const error = await failure(runner.run(name))
      expect(error).toBeInstanceOf(ThreadExitError)
      expect(error.exitCode).toBe(1)
      expect(error.cause).toHaveProperty('message', message)
      expect(await runner.run('echo', 'on another thread')).toBe('on another thread')
    })

    test('what had not started runs elsewhere', async () => {
      const runner = make({ concurrency: 1 })
      const exit = failure(runner.run('exitProcess', 5))
      const others = Array.from({ length: 10 }, (_, index) => runner.run('echo', index))
      expect(await Promise.all(others)).toEqual(Array.from({ length: 10 }, (_, index) => index))
      expect(await exit).toMatchObject({ exitCode: 5 })
    })

    test('many deaths in a row are all accounted for', async () => {
      const runner = make({ concurrency: 2 })
      const exits = Array.from({ length: 8 }, () => failure(runner.run('exitProcess', 9)))
      const errors = await Promise.all(exits)
      expect(errors.map(({ exitCode }) => exitCode)).toEqual(Array(8).fill(9))
      expect(await runner.run('echo', 'alive')).toBe('alive')
    })
  })
}
