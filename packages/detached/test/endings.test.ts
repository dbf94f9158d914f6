import { failure, rejection } from '@threeply/conformance'
import {
  TaskModuleError,
  TaskNotFoundError,
  TaskSerializationError,
  ThreadExitError,
  ThrownValueError,
} from '@threeply/task'
import { expect, test } from 'vitest'
import { DetachedRunner } from '../src/index.ts'
import { makeRunner, sharedWords, started } from './fixtures/runner.ts'

test('a task that returns has completed', async () => {
  const thread = makeRunner().spawn('add', [2, 3])
  expect(thread).toMatchObject({ id: 1, name: 'add', state: 'starting' })
  await thread.ready
  expect(await thread.join()).toBe(5)
  expect(thread.state).toBe('exited')
  const report = await thread.exited
  expect(report).toMatchObject({ reason: 'completed', exitCode: 0 })
  expect(report).not.toHaveProperty('error')
  expect(report.duration).toBeGreaterThan(0)
})

test('a running thread says so, from its start to its end', async () => {
  const words = sharedWords()
  const thread = makeRunner().spawn('returnWhenAsked', words)
  const states = [thread.state]
  await thread.ready
  states.push(thread.state)
  void thread.stop()
  states.push(thread.state)
  await thread.exited
  states.push(thread.state)
  expect(states).toEqual(['starting', 'running', 'stopping', 'exited'])
})

test('a task that throws has failed, with its own error', async () => {
  const thread = makeRunner().spawn('fail')
  await thread.ready
  const error = await failure(thread.join())
  expect(error).toMatchObject({
    name: 'OrderError',
    message: 'order 7 is missing',
    code: 'ERR_ORDER',
    orderId: 7,
    task: { name: 'fail', thread: thread.id },
  })
  expect(Object.keys(error)).not.toContain('task')
  expect(await thread.exited).toMatchObject({ reason: 'failed', exitCode: 1 })
  expect((await thread.exited).error).toBe(error)
  expect(thread.state).toBe('failed')
})

test.each([undefined, null, 0, 'text'])('a task that throws %s has failed', async (value) => {
  const error = await failure(makeRunner().spawn('throwValue', value).join())
  expect(error).toBeInstanceOf(ThrownValueError)
  expect(error.value).toBe(value)
})

test('an output that cannot be cloned fails the task, and says where it is', async () => {
  const thread = makeRunner().spawn('giveUncloneable')
  const error = await failure(thread.join())
  expect(error).toBeInstanceOf(TaskSerializationError)
  expect(error.path).toBe('output.rows[1].save')
  expect(await thread.exited).toMatchObject({ reason: 'failed', exitCode: 1 })
})

test('an input that cannot be cloned fails the task, and starts no thread', async () => {
  const runner = makeRunner()
  const thread = runner.spawn('throwValue', { rows: [() => {}] })
  expect(thread.state).toBe('failed')
  const error = await failure(thread.ready)
  expect(error).toBeInstanceOf(TaskSerializationError)
  expect(error.path).toBe('input.rows[0]')
  expect(await failure(thread.join())).toBe(error)
  expect(await thread.exited).toMatchObject({ reason: 'failed', exitCode: 1, error })
})

test('a task that the module does not have fails ready and join', async () => {
  const runner = new DetachedRunner(new URL('./fixtures/tasks.ts', import.meta.url))
  const thread = runner.spawn('nope')
  const error = await failure(thread.ready)
  expect(error).toBeInstanceOf(TaskNotFoundError)
  expect(error.message).toContain("'leaveBehind'")
  expect(await failure(thread.join())).toBe(error)
  expect(thread.state).toBe('failed')
  expect(await thread.exited).toMatchObject({ reason: 'failed', exitCode: 1 })
})

test('a module that cannot be loaded fails ready and join', async () => {
  const thread = new DetachedRunner(new URL('./fixtures/none.ts', import.meta.url)).spawn('add')
  const error = await failure(thread.ready)
  expect(error).toBeInstanceOf(TaskModuleError)
  expect(await failure(thread.join())).toBe(error)
})

test.each([0, 1, 7])('process.exit(%i) is a failure', async (exitCode) => {
  const thread = makeRunner().spawn('exit', exitCode)
  const error = await failure(thread.join())
  expect(error).toBeInstanceOf(ThreadExitError)
  expect(error.exitCode).toBe(exitCode)
  expect(error).toHaveProperty('task', { name: 'exit', thread: 1 })
  expect(await thread.exited).toMatchObject({ reason: 'failed', exitCode, error })
  expect(thread.state).toBe('failed')
})

test('an error that nobody caught ends the thread, and is the cause', async () => {
  const thread = makeRunner().spawn('throwFromTimer')
  const error = await failure(thread.join())
  expect(error).toBeInstanceOf(ThreadExitError)
  expect(error.cause).toMatchObject({ name: 'OrderError', code: 'ERR_ORDER', orderId: 7 })
  expect(await thread.exited).toMatchObject({ reason: 'failed', exitCode: 1 })
})

test('a task may handle its uncaught errors itself', async () => {
  expect(await makeRunner().spawn('surviveUncaught').join()).toBe('survived')
})

test('a thread that runs out of memory ends alone', async () => {
  const runner = makeRunner({ resourceLimits: { maxOldGenerationSizeMb: 24 } })
  const thread = runner.spawn('exhaustMemory')
  const error = await failure(thread.join())
  expect(error).toBeInstanceOf(ThreadExitError)
  expect(error.message).toContain('ran out of memory')
  expect(error.cause).toHaveProperty('code', 'ERR_WORKER_OUT_OF_MEMORY')
  expect(await thread.exited).toMatchObject({ reason: 'out-of-memory', exitCode: 1, error })
  expect(thread.state).toBe('failed')
  expect(await runner.spawn('add', [1, 1]).join()).toBe(2)
})

test('the limits of a spawn go before those of the runner', async () => {
  const runner = makeRunner({ resourceLimits: { maxOldGenerationSizeMb: 4_096 } })
  const limits = { maxOldGenerationSizeMb: 24 }
  const thread = runner.spawn('exhaustMemory', undefined, { resourceLimits: limits })
  expect(await thread.exited).toMatchObject({ reason: 'out-of-memory' })
})

test('a thread that is terminated leaves no output', async () => {
  const words = sharedWords()
  const thread = makeRunner().spawn('block', words)
  await started(words)
  expect(await thread.terminate()).toMatchObject({ reason: 'terminated', exitCode: 1 })
  expect(thread.state).toBe('exited')
  expect(await failure(thread.join())).toBeInstanceOf(ThreadExitError)
  expect(await thread.ready).toBeUndefined()
})

test('a thread that is terminated before it has started rejects ready', async () => {
  const thread = makeRunner().spawn('add', [1, 2])
  expect(await thread.terminate()).toMatchObject({ reason: 'terminated' })
  expect(await failure(thread.ready)).toBeInstanceOf(ThreadExitError)
  expect(await failure(thread.join())).toBe(await failure(thread.ready))
})

test('what the task leaves behind does not keep its thread', async () => {
  const thread = makeRunner().spawn('leaveBehind')
  expect(await thread.join()).toBe('done')
  expect(await thread.exited).toMatchObject({ reason: 'completed', exitCode: 0 })
})

test('nor does an exit listener that never ends, once grace is over', async () => {
  const words = sharedWords()
  const thread = makeRunner({ grace: 50 }).spawn('lingerAtExit', words)
  expect(await thread.join()).toBe('done')
  expect(await thread.exited).toMatchObject({ reason: 'completed', exitCode: 1 })
})

test("an exit code that the task has set is the thread's", async () => {
  const thread = makeRunner().spawn('setExitCode', 9)
  await thread.join()
  expect(await thread.exited).toMatchObject({ reason: 'completed', exitCode: 9 })
})

test('a signal that is aborted already starts nothing', async () => {
  const words = sharedWords()
  const reason = new Error('not wanted')
  const thread = makeRunner().spawn('returnWhenAsked', words, { signal: AbortSignal.abort(reason) })
  expect(thread.state).toBe('exited')
  expect(await rejection(thread.ready)).toBe(reason)
  expect(await rejection(thread.join())).toBe(reason)
  expect(await thread.exited).toMatchObject({ reason: 'stopped', exitCode: 0 })
  expect(await thread.stop()).toBe(await thread.exited)
  expect(Atomics.load(words, 0)).toBe(0)
})

test('the report tells what the thread has used', async () => {
  const { cpu, peakHeapBytes } = await makeRunner().spawn('add', [1, 2]).exited
  expect(peakHeapBytes).toBeGreaterThan(1_000_000)
  expect(cpu?.user).toBeGreaterThan(0) // absent on old versions, and this one is not
})

test('the thread is called by its name', async () => {
  const runner = makeRunner()
  const thread = runner.spawn('nameOfThread', undefined, { name: 'reports' })
  expect(thread.name).toBe('reports')
  expect(await thread.join()).toBe('reports')
})
