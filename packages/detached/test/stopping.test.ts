import { getEventListeners } from 'node:events'
import { failure, rejection, turns } from '@threeply/conformance'
import { InvalidOptionError, ThreadExitError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { makeRunner, sharedWords, started } from './fixtures/runner.ts'

describe('stop', () => {
  test('a task that returns because it was asked gives its output', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('returnWhenAsked', words)
    await started(words)
    const report = await thread.stop()
    expect(report).toMatchObject({ reason: 'stopped', exitCode: 0 })
    expect(report).not.toHaveProperty('error')
    expect(thread.state).toBe('exited')
    expect(await thread.join()).toBe('bye')
    expect(await thread.exited).toBe(report)
  })

  test.each(['throwReason', 'sleep'] as const)('%s ends with the reason', async (name) => {
    const words = sharedWords()
    const thread = makeRunner().spawn(name, words)
    await started(words)
    const report = await thread.stop()
    expect(report).toMatchObject({ reason: 'stopped', exitCode: 0 })
    expect(report).not.toHaveProperty('error')
    expect(thread.state).toBe('exited')
    const reason = await failure(thread.join())
    expect(reason.name).toBe('AbortError')
    expect(reason.message).toContain(`'${name}'`)
  })

  test('a task that only computes sees the flag', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('spin', words)
    await started(words)
    expect(await thread.stop()).toMatchObject({ reason: 'stopped' })
    expect(await thread.join()).toBe('spun')
  })

  test('a task that fails while it stops has failed', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('failWhenAsked', words)
    await started(words)
    const report = await thread.stop()
    expect(report).toMatchObject({ reason: 'failed', exitCode: 1 })
    expect(thread.state).toBe('failed')
    const error = await failure(thread.join())
    expect(error).toBe(report.error)
    expect(error.message).toBe('failed while stopping')
  })

  test('a thread that exits while it stops has failed', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('exitWhenAsked', words)
    await started(words)
    expect(await thread.stop()).toMatchObject({ reason: 'failed', exitCode: 0 })
    expect(await failure(thread.join())).toBeInstanceOf(ThreadExitError)
  })

  test.each(['block', 'ignoreStop'] as const)(
    '%s is terminated when grace has run out',
    async (name) => {
      const words = sharedWords()
      const thread = makeRunner().spawn(name, words)
      await started(words)
      const report = await thread.stop({ grace: 20 })
      expect(report).toMatchObject({ reason: 'terminated', exitCode: 1 })
      expect(report.duration).toBeGreaterThanOrEqual(20)
      expect(thread.state).toBe('exited')
      const error = await failure(thread.join())
      expect(error).toBeInstanceOf(ThreadExitError)
      expect(error.message).toContain('had not ended within 20 ms')
    },
  )

  test("without a grace of its own it has the runner's", async () => {
    const words = sharedWords()
    const thread = makeRunner({ grace: 20 }).spawn('block', words)
    await started(words)
    expect(await thread.stop()).toMatchObject({ reason: 'terminated' })
  })

  test('a thread that has not started never does', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('returnWhenAsked', words)
    const stopped = thread.stop()
    expect(thread.state).toBe('stopping')
    expect(await stopped).toMatchObject({ reason: 'stopped', exitCode: 0 })
    expect(await failure(thread.ready)).toHaveProperty('name', 'AbortError')
    expect(await failure(thread.join())).toBe(await failure(thread.ready))
    expect(Atomics.load(words, 0)).toBe(0)
  })

  test('twice gives the same report, and the shorter grace counts', async () => {
    const words = sharedWords()
    const thread = makeRunner({ grace: Number.POSITIVE_INFINITY }).spawn('block', words)
    await started(words)
    const patient = thread.stop()
    await turns(2)
    const impatient = thread.stop({ grace: 20 })
    const lenient = thread.stop({ grace: 60_000 })
    const report = await impatient
    expect(report.reason).toBe('terminated')
    expect(await Promise.all([patient, lenient])).toEqual([report, report])
  })

  test('after the end it gives the report, and changes nothing', async () => {
    const thread = makeRunner().spawn('add', [1, 2])
    const report = await thread.exited
    expect(await thread.stop()).toBe(report)
    expect(await thread.terminate()).toBe(report)
    expect(await thread.join()).toBe(3)
    expect(thread.state).toBe('exited')
  })

  test('terminate does not wait for the grace of a stop', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('block', words)
    await started(words)
    const stopped = thread.stop({ grace: Number.POSITIVE_INFINITY })
    expect(await thread.terminate()).toMatchObject({ reason: 'terminated' })
    expect(await stopped).toBe(await thread.exited)
  })

  test.each([-1, Number.NaN, '20', null])('a grace of %s is refused', async (grace) => {
    const words = sharedWords()
    const thread = makeRunner().spawn('returnWhenAsked', words)
    await Promise.all([started(words), thread.ready]) // either may be seen first
    const error = await failure(thread.stop({ grace: grace as number }))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error.option).toBe('grace')
    expect(thread.state).toBe('running')
  })
})

describe('an aborted signal', () => {
  test('rejects join with its reason, whatever the task made of it', async () => {
    const runner = makeRunner()
    for (const name of ['returnWhenAsked', 'throwReason', 'failWhenAsked', 'spin'] as const) {
      const words = sharedWords()
      const controller = new AbortController()
      const thread = runner.spawn(name, words, { signal: controller.signal })
      await started(words)
      controller.abort(new Error('enough'))
      expect(await rejection(thread.join())).toBe(controller.signal.reason)
      const expected = name === 'failWhenAsked' ? 'failed' : 'stopped'
      expect(await thread.exited).toMatchObject({ reason: expected })
    }
  })

  test('terminates the thread when the grace of the runner has run out', async () => {
    const words = sharedWords()
    const controller = new AbortController()
    const thread = makeRunner({ grace: 20 }).spawn('block', words, { signal: controller.signal })
    await started(words)
    controller.abort()
    expect(await rejection(thread.join())).toBe(controller.signal.reason)
    expect(await thread.exited).toMatchObject({ reason: 'terminated' })
  })

  test('stops all its threads with one listener, and keeps none', async () => {
    const runner = makeRunner()
    const { signal } = new AbortController()
    const threads = [1, 2, 3].map((id) => runner.spawn('add', [id, id], { signal }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await Promise.all(threads.map(({ exited }) => exited))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const controller = new AbortController()
    const words = [sharedWords(), sharedWords(), sharedWords()]
    const stopped = words.map((word) => runner.spawn('spin', word, { signal: controller.signal }))
    await Promise.all(words.map(started))
    controller.abort()
    const reports = await Promise.all(stopped.map(({ exited }) => exited))
    expect(reports.map(({ reason }) => reason)).toEqual(['stopped', 'stopped', 'stopped'])
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  test('may have a reason that cannot be cloned', async () => {
    const words = sharedWords()
    const controller = new AbortController()
    const thread = makeRunner().spawn('throwReason', words, { signal: controller.signal })
    await started(words)
    const reason = () => {}
    controller.abort(reason)
    expect(await rejection(thread.join())).toBe(reason)
    expect(await thread.exited).toMatchObject({ reason: 'stopped' })
  })

  test('before the start keeps the task from starting', async () => {
    const words = sharedWords()
    const controller = new AbortController()
    const thread = makeRunner().spawn('spin', words, { signal: controller.signal })
    controller.abort(new Error('never mind'))
    expect(await rejection(thread.ready)).toBe(controller.signal.reason)
    expect(await rejection(thread.join())).toBe(controller.signal.reason)
    expect(await thread.exited).toMatchObject({ reason: 'stopped', exitCode: 0 })
    expect(Atomics.load(words, 0)).toBe(0)
  })
})
