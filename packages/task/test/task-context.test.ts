import { expect, test } from 'vitest'
import { createTaskContext } from '../src/index.ts'
import { failure } from './failure.ts'

test('an inline context without a signal is never cancelled', () => {
  const { signal, cancelled, throwIfCancelled, progress, transfer } = createTaskContext()
  expect(signal).toBeInstanceOf(AbortSignal)
  expect(signal.aborted).toBe(false)
  expect(cancelled()).toBe(false)
  expect(() => throwIfCancelled()).not.toThrow()
  expect(progress('half')).toBeUndefined()
  const value = { bytes: new Uint8Array(8) }
  expect(transfer(value, [value.bytes.buffer])).toBe(value)
  expect(value.bytes).toHaveLength(8)
})

test('each has a signal of its own', () => {
  expect(createTaskContext().signal).not.toBe(createTaskContext().signal)
})

test('an inline context is cancelled by its signal, with its reason', async () => {
  const controller = new AbortController()
  const context = createTaskContext({ signal: controller.signal })
  expect(context.signal).toBe(controller.signal)
  const reason = new Error('not wanted')
  controller.abort(reason)
  expect(context.cancelled()).toBe(true)
  expect(await failure(() => context.throwIfCancelled())).toBe(reason)
})

test('a signal that is none is refused', async () => {
  const options = { signal: {} } as { signal: AbortSignal }
  expect(await failure(() => createTaskContext(options))).toMatchObject({
    code: 'ERR_THREEPLY_INVALID_OPTION',
    option: 'signal',
  })
  expect(createTaskContext({ signal: undefined }).signal.aborted).toBe(false)
})
