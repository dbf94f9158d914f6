import { failure } from '@threeply/conformance'
import { ClosedError, InvalidOptionError } from '@threeply/task'
import { expect, test } from 'vitest'
import { DetachedRunner, type DetachedThread } from '../src/index.ts'
import { makeRunner, sharedWords, started, TASKS, type Tasks } from './fixtures/runner.ts'

test('shutdown asks all, terminates the rest, and reports in the order of spawning', async () => {
  const runner = makeRunner()
  const words = [sharedWords(), sharedWords(), sharedWords()] as const
  const threads = [
    runner.spawn('block', words[0]),
    runner.spawn('returnWhenAsked', words[1]),
    runner.spawn('failWhenAsked', words[2]),
  ]
  const ended = runner.spawn('add', [1, 2])
  await ended.exited
  await Promise.all(words.map(started))
  const reports = await runner.shutdown({ grace: 500 })
  expect(reports.map(({ reason }) => reason)).toEqual(['terminated', 'stopped', 'failed'])
  expect(await Promise.all(threads.map(({ exited }) => exited))).toEqual(reports)
})

test('shutdown of a runner without threads reports none', async () => {
  expect(await makeRunner().shutdown()).toEqual([])
  expect(await makeRunner({ spares: 1 }).shutdown()).toEqual([])
})

test('shutdown twice gives the same reports, and the shorter grace counts', async () => {
  const runner = makeRunner()
  const words = sharedWords()
  runner.spawn('block', words)
  await started(words)
  const patient = runner.shutdown({ grace: Number.POSITIVE_INFINITY })
  const reports = await runner.shutdown({ grace: 0 })
  expect(reports).toMatchObject([{ reason: 'terminated' }])
  expect(await patient).toEqual(reports)
  expect(await runner.shutdown()).toEqual(reports)
})

test('after shutdown, spawn throws a ClosedError', async () => {
  const runner = makeRunner()
  const ending = runner.shutdown()
  expect(() => runner.spawn('add', [1, 2])).toThrow(ClosedError)
  await ending
  expect(() => runner.spawn('add', [1, 2])).toThrow("'add' was not spawned")
})

test('a bad grace is refused, and nothing is shut down', async () => {
  const runner = makeRunner()
  expect(await failure(runner.shutdown({ grace: -1 }))).toBeInstanceOf(InvalidOptionError)
  expect(await runner.spawn('add', [1, 2]).join()).toBe(3)
})

test('await using shuts down', async () => {
  const words = sharedWords()
  let thread: DetachedThread
  {
    await using runner = new DetachedRunner<Tasks>(TASKS)
    thread = runner.spawn('returnWhenAsked', words)
    await started(words)
  }
  expect(thread.state).toBe('exited')
  expect(await thread.exited).toMatchObject({ reason: 'stopped' })
})
