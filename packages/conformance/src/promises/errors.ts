/** What a task that fails rejects with. */
import { ThrownValueError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, rejection } from '../rejection.ts'
import type { Subject } from '../subject.ts'

export function errorsPromise({ make, shared, can }: Subject): void {
  describe('errors', () => {
    test('keep class name, message, code, own properties and the causes of the cause', async () => {
      const error = await failure(shared().run('failCustom'))
      expect(error.constructor.name).toBe('OrderError')
      expect(error.message).toBe('order 7 is missing')
      expect(error).toMatchObject({ code: 'ERR_ORDER', orderId: 7, details: { rows: [1, 2] } })
      expect(error.cause).toBeInstanceOf(TypeError)
      expect(error.cause).toHaveProperty('message', 'no such row')
      expect(error.cause).toHaveProperty('cause.message', 'row 9 of 3')
    })

    test('keep the stack of where it happened', async () => {
      const error = await failure(shared().run('failCustom'))
      expect(error.stack).toContain('failCustom')
      expect(error.stack).toContain('tasks.ts')
    })

    test.skipIf(!can.crossesThreads)('end their stack with the frames of the task', async () => {
      for (const name of ['failCustom', 'failLater']) {
        const { stack } = await failure(shared().run(name))
        expect(stack!.split('\n').at(-1)).toMatch(/^ {4}at .*tasks\.ts/)
      }
    })

    test('a task that fails after a while rejects as one that throws', async () => {
      const error = await failure(shared().run('failLater'))
      expect(error).toMatchObject({ message: 'order 7 is missing', code: 'ERR_ORDER' })
    })

    test('an AggregateError keeps its errors', async () => {
      const error = await failure(shared().run('failAggregate'))
      expect(error).toBeInstanceOf(AggregateError)
      expect(error.message).toBe('both failed')
      const [first, second] = (error as unknown as AggregateError).errors
      expect(first).toBeInstanceOf(RangeError)
      expect(first).toHaveProperty('message', 'first')
      expect(second).toMatchObject({ message: 'second', code: 'ERR_ORDER', orderId: 7 })
    })

    test('an error of the system keeps code, errno, syscall and path', async () => {
      expect(await failure(shared().run('failSystem'))).toMatchObject({
        code: 'ENOENT',
        errno: expect.any(Number),
        syscall: 'open',
        path: '/no/such/file',
      })
    })

    test('a DOMException is one', async () => {
      const error = await failure(shared().run('failDomException'))
      expect(error).toBeInstanceOf(DOMException)
      expect(error).toMatchObject({ name: 'NotFoundError', message: 'the store is gone', code: 8 })
    })

    test('an error with methods, traps and a cycle rejects all the same', async () => {
      const error = await failure(shared().run('failAwkward'))
      expect(error.message).toBe('awkward')
      expect(error.count).toBe(3)
      expect(error.itself).toBe(error)
    })

    test('a task that throws before its first await rejects, and does not throw', async () => {
      let promise: Promise<unknown> | undefined
      expect(() => {
        promise = shared().run('failCustom')
      }).not.toThrow()
      expect(await rejection(promise!)).toHaveProperty('code', 'ERR_ORDER')
    })

    test('a failure harms no other task', async () => {
      const runner = make({ concurrency: 1 })
      const failed = rejection(runner.run('failCustom'))
      expect(await runner.run('echo', 'after it')).toBe('after it')
      expect(await failed).toHaveProperty('code', 'ERR_ORDER')
    })

    describe.runIf(can.crossesThreads)('from another thread', () => {
      test('say which task failed, where nobody enumerates it', async () => {
        const error = await failure(shared().run('failCustom'))
        expect(error.task).toEqual({ name: 'failCustom', thread: expect.any(Number) })
        expect(Object.keys(error)).not.toContain('task')
      })

      test.each([
        ['a string', 'just text'],
        ['null', null],
        ['a number', 404],
        ['an object', { status: 503 }],
      ])('a task that throws %s rejects with a ThrownValueError', async (_what, value) => {
        const error = await failure(shared().run('throwInput', value))
        expect(error).toBeInstanceOf(ThrownValueError)
        expect(error.code).toBe('ERR_THREEPLY_THROWN_VALUE')
        expect(error.value).toEqual(value)
        expect(error.task).toMatchObject({ name: 'throwInput' })
      })

      test('a task that throws undefined does so too', async () => {
        const error = await failure(shared().run('throwUndefined'))
        expect(error).toBeInstanceOf(ThrownValueError)
        expect('value' in error).toBe(true)
        expect(error.value).toBeUndefined()
      })
    })

    describe.runIf(!can.crossesThreads)('from the same thread', () => {
      test('are the very object that was thrown', async () => {
        const thrown = new RangeError('mine')
        expect(await rejection(shared().run('throwInput', thrown))).toBe(thrown)
        expect(Object.getOwnPropertyNames(thrown)).not.toContain('task')
      })

      test.each([['just text'], [null], [404], [false]])('or the value: %s', async (value) => {
        expect(await rejection(shared().run('throwInput', value))).toBe(value)
      })

      test('or undefined', async () => {
        expect(await rejection(shared().run('throwUndefined'))).toBeUndefined()
      })

      test('frozen ones too', async () => {
        const thrown = Object.freeze(new Error('frozen'))
        expect(await rejection(shared().run('throwInput', thrown))).toBe(thrown)
      })
    })
  })
}
