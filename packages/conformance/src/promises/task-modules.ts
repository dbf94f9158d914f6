/** A task module that cannot be loaded fails its tasks, and hangs nobody. */
import { TaskModuleError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure } from '../rejection.ts'
import type { Subject } from '../subject.ts'

const fixture = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url)

export function taskModulesPromise({ make, can }: Subject): void {
  describe.runIf(can.crossesThreads)('task modules', () => {
    test.each([
      ['no-such-module.ts', fixture('no-such-module.ts')],
      ['throws-while-loading.ts', fixture('throws-while-loading.ts')],
      ['text/javascript', new URL('data:text/javascript,export function echo(')],
    ])('%s fails every task with a TaskModuleError', async (name, module) => {
      const runner = make({}, module)
      const tasks = await Promise.all([1, 2, 3].map((input) => failure(runner.run('echo', input))))
      tasks.push(await failure(runner.run('echo', 4)))
      for (const error of tasks) {
        expect(error).toBeInstanceOf(TaskModuleError)
        expect(error.code).toBe('ERR_THREEPLY_TASK_MODULE')
        expect(error.message).toContain(name)
        expect(error.cause).toBeInstanceOf(Error)
      }
    })

    test('what the module threw is the cause', async () => {
      const error = await failure(make({}, fixture('throws-while-loading.ts')).run('echo', 1))
      expect(error.cause).toBeInstanceOf(RangeError)
      expect(error.cause).toMatchObject({
        message: 'this module always fails',
        code: 'ERR_FIXTURE',
      })
    })

    test('a module that exits while it loads fails every task with a TaskModuleError', async () => {
      const runner = make({}, fixture('exits-while-loading.ts'))
      const first = await failure(runner.run('echo', 1))
      const second = await failure(runner.run('echo', 2))
      expect([first, second]).toEqual([expect.any(TaskModuleError), expect.any(TaskModuleError)])
    })

    test('a runner whose module cannot be loaded still closes', async () => {
      const runner = make({}, fixture('no-such-module.ts'))
      await failure(runner.run('echo', 1))
      await runner.close()
    })

    test('a module may be given as a file: URL in a string, and as a path', async () => {
      const tasks = new URL('../tasks.ts', import.meta.url)
      expect(await make({}, tasks.href).run('echo', 'by URL')).toBe('by URL')
      expect(await make({}, tasks.pathname).run('echo', 'by path')).toBe('by path')
    })
  })
}
