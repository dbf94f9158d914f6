import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { ThreadTaskContext } from '../src/runner.ts'
import { failure } from './failure.ts'

function makeContext(progress: unknown[] = []): {
  context: ThreadTaskContext
  setFlag: (value?: number) => void
} {
  const words = new Int32Array(new SharedArrayBuffer(16))
  const context = new ThreadTaskContext({ words, index: 2 }, (value) => progress.push(value))
  return { context, setFlag: (value = 1) => Atomics.store(words, 2, value) }
}

describe('on a thread', () => {
  test('a task whose loop is blocked sees the flag, before any message', {
    timeout: 60_000,
  }, async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const entry = new URL('./fixtures/blocked-thread.ts', import.meta.url)
    const worker = new Worker(entry, { workerData: words })
    const told = once(worker, 'message')
    const exited = once(worker, 'exit')
    while (Atomics.load(words, 0) === 0) await delay(1)
    worker.postMessage(new Error('the real reason'))
    Atomics.store(words, 1, 1)
    const [seen] = await told
    expect(seen).toEqual({
      before: { cancelled: true, aborted: false, messages: 0 },
      after: { aborted: true, isReason: true, name: 'AbortError', events: 1 },
      late: { messages: 1, events: 1, sameReason: true },
    })
    await exited
  })
})

describe('the flag', () => {
  test('is seen by cancelled() and throwIfCancelled(), whatever was written', async () => {
    for (const value of [1, 2, -1]) {
      const { context, setFlag } = makeContext()
      expect(context.cancelled()).toBe(false)
      expect(() => context.throwIfCancelled()).not.toThrow()
      setFlag(value)
      expect(context.cancelled()).toBe(true)
      expect(await failure(() => context.throwIfCancelled())).toHaveProperty('name', 'AbortError')
    }
  })

  test('is seen by a signal that is asked for later', () => {
    const { context, setFlag } = makeContext()
    setFlag()
    expect(context.signal.aborted).toBe(true)
    expect(context.signal.reason).toHaveProperty('name', 'AbortError')
  })

  test('gives one reason, however often it is asked', async () => {
    const { context, setFlag } = makeContext()
    setFlag()
    const first = await failure(() => context.throwIfCancelled())
    expect(await failure(() => context.throwIfCancelled())).toBe(first)
    expect(context.signal.reason).toBe(first)
  })
})

describe('the message', () => {
  test('aborts the signal with the reason, and runs its listeners', async () => {
    const { context } = makeContext()
    const reason = new Error('not wanted')
    let heard = 0
    context.signal.addEventListener('abort', () => {
      heard += 1
    })
    context.cancel(reason)
    expect(heard).toBe(1)
    expect(context.signal.reason).toBe(reason)
    expect(context.cancelled()).toBe(true)
    expect(await failure(() => context.throwIfCancelled())).toBe(reason)
  })

  test('before the signal was asked for is not lost', () => {
    const { context } = makeContext()
    context.cancel('why')
    expect(context.signal.aborted).toBe(true)
    expect(context.signal.reason).toBe('why')
  })

  test.each([[undefined], [null], [0], [false]])('may bring %s as the reason', (reason) => {
    const { context } = makeContext()
    context.cancel(reason)
    expect(context.cancelled()).toBe(true)
    expect(context.isReason(reason)).toBe(true)
  })

  test('after the flag was seen changes nothing', async () => {
    const { context, setFlag } = makeContext()
    setFlag()
    const seen = await failure(() => context.throwIfCancelled())
    context.cancel(new Error('late'))
    expect(await failure(() => context.throwIfCancelled())).toBe(seen)
  })

  test('the second changes nothing', () => {
    const { context } = makeContext()
    context.cancel('first')
    context.cancel('second')
    expect(context.signal.reason).toBe('first')
  })
})

test('isReason tells the reason from what else a task may throw', () => {
  const { context } = makeContext()
  expect(context.isReason(undefined)).toBe(false)
  const reason = new Error('why')
  context.cancel(reason)
  expect(context.isReason(reason)).toBe(true)
  expect(context.isReason(new Error('why'))).toBe(false)
})

test('its functions may be taken apart, and are the same each time', () => {
  const progress: unknown[] = []
  const { context, setFlag } = makeContext(progress)
  const { cancelled, throwIfCancelled, progress: report, transfer } = context
  expect(context.cancelled).toBe(cancelled)
  expect(context.throwIfCancelled).toBe(throwIfCancelled)
  report('half')
  expect(progress).toEqual(['half'])
  const value = { left: new ArrayBuffer(1), right: new ArrayBuffer(2) }
  expect(context.transferred).toEqual([])
  expect(transfer(value, [value.left])).toBe(value)
  transfer(value, [value.right])
  expect(context.transferred).toEqual([value.left, value.right])
  setFlag()
  expect(cancelled()).toBe(true)
  expect(() => throwIfCancelled()).toThrow('This task was cancelled')
})
