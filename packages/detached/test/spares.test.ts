import { failure } from '@threeply/conformance'
import { TaskModuleError, TaskNotFoundError, TaskSerializationError } from '@threeply/task'
import { expect, test } from 'vitest'
import { DetachedRunner } from '../src/index.ts'
import { makeRunner, sharedWords, started, TASKS } from './fixtures/runner.ts'

const FIXTURES = new URL('../../conformance/src/fixtures/', import.meta.url)

test('what runs on a spare runs as on any thread', async () => {
  const runner = makeRunner({ spares: 2 })
  for (let index = 0; index < 5; index += 1) {
    expect(await runner.spawn('add', [index, 1]).join()).toBe(index + 1)
  }
  const thread = runner.spawn('echo', '> ')
  await thread.send('a')
  for await (const message of thread) {
    expect(message).toBe('> a')
    break
  }
  expect(await thread.stop()).toMatchObject({ reason: 'stopped' })
})

test('more at once than there are spares are started', async () => {
  const runner = makeRunner({ spares: 1 })
  const threads = Array.from({ length: 4 }, (_, index) => runner.spawn('add', [index, index]))
  expect(await Promise.all(threads.map((thread) => thread.join()))).toEqual([0, 2, 4, 6])
})

test('a spare is a thread that has started already', async () => {
  const runner = makeRunner({ spares: 1 })
  const first = runner.spawn('nameOfThread')
  expect(await first.join()).toBe('spare')
})

test('limits of a spawn get a thread of their own', async () => {
  const runner = makeRunner({ spares: 1 })
  const limits = { maxOldGenerationSizeMb: 128 }
  const thread = runner.spawn('nameOfThread', undefined, { name: 'own', resourceLimits: limits })
  expect(await thread.join()).toBe('own')
})

test('what a spare refuses it refuses as any thread, and the spare is kept', async () => {
  const runner = makeRunner({ spares: 1 })
  expect(await failure(runner.spawn('throwValue', () => {}).join())).toBeInstanceOf(
    TaskSerializationError,
  )
  expect(await failure(runner.spawn('nope' as 'fail').join())).toBeInstanceOf(TaskNotFoundError)
  expect(await runner.spawn('add', [1, 2]).join()).toBe(3)
})

test.each(['throws-while-loading.ts', 'exits-while-loading.ts'])(
  'a module that cannot be loaded, %s, fails the task and not the runner',
  async (name) => {
    const runner = new DetachedRunner(new URL(name, FIXTURES), { spares: 2 })
    for (let index = 0; index < 3; index += 1) {
      expect(await failure(runner.spawn('echo', 1).join())).toBeInstanceOf(TaskModuleError)
    }
    expect(await runner.shutdown()).toEqual([])
  },
)

test('a spare can be stopped, terminated and aborted', async () => {
  const runner = makeRunner({ spares: 3 })
  const words = [sharedWords(), sharedWords(), sharedWords()] as const
  const controller = new AbortController()
  const threads = [
    runner.spawn('spin', words[0]),
    runner.spawn('block', words[1]),
    runner.spawn('sleep', words[2], { signal: controller.signal }),
  ] as const
  await Promise.all(words.map(started))
  controller.abort()
  const reports = await Promise.all([threads[0].stop(), threads[1].terminate(), threads[2].exited])
  expect(reports.map(({ reason }) => reason)).toEqual(['stopped', 'terminated', 'stopped'])
})

test('shutdown ends the spares, also while they start', async () => {
  const runner = new DetachedRunner(TASKS, { spares: 2 })
  await runner.shutdown()
  await runner.shutdown()
})
