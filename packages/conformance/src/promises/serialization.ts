/** What cannot be cloned is refused with its path, and what is transferred is moved. */
import { TaskSerializationError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, rejection } from '../rejection.ts'
import type { Subject } from '../subject.ts'

export function serializationPromise({ make, shared, can }: Subject): void {
  describe.runIf(can.crossesThreads)('serialisation', () => {
    test.each([
      ['input', () => {}],
      ['input.rows[1].save', { rows: [{ id: 1 }, { save: () => {} }] }],
      ['input[0]', [Symbol('none')]],
      ['input["not a name"]', { 'not a name': () => {} }],
    ])('an input that cannot be cloned is refused at %s', async (path, input) => {
      const runner = shared()
      const error = await failure(runner.run('echo', input))
      expect(error).toBeInstanceOf(TaskSerializationError)
      expect(error).toMatchObject({ code: 'ERR_THREEPLY_SERIALIZATION', path })
      expect(error.message).toContain(path)
      expect(await runner.run('echo', 'unharmed')).toBe('unharmed')
    })

    test.each([
      ['giveFunction', 'output'],
      ['giveMethod', 'output.rows[1].save'],
    ])('an output that cannot be cloned is refused: %s at %s', async (name, path) => {
      const runner = make({ concurrency: 1 })
      const error = await failure(runner.run(name))
      expect(error).toBeInstanceOf(TaskSerializationError)
      expect(error).toMatchObject({ code: 'ERR_THREEPLY_SERIALIZATION', path })
      expect(await runner.run('echo', 'unharmed')).toBe('unharmed')
    })

    test('an output whose getter throws is refused, with what it threw as the cause', async () => {
      const error = await failure(shared().run('giveThrowingGetter'))
      expect(error).toBeInstanceOf(TaskSerializationError)
      expect(error.path).toBe('output.total')
      expect(error.cause).toBeInstanceOf(RangeError)
      expect(error.cause).toHaveProperty('message', 'no total yet')
    })

    test.each(['giveKeptArray', 'giveKeptBytes'])(
      'an output is what it was when its task ended, though later tasks change it: %s',
      async (name) => {
        const runner = make({ concurrency: 1 })
        const inputs = Array.from({ length: Math.min(can.crowd, 40) }, (_, index) => index)
        const outputs = await Promise.all(inputs.map((input) => runner.run(name, input)))
        expect(outputs.map(firstOf)).toEqual(inputs)
        if (can.map) expect((await runner.map!(name, inputs)).map(firstOf)).toEqual(inputs)
      },
    )

    test('an input whose getter throws is refused, with the very error as the cause', async () => {
      const thrown = new Error('trapped')
      const input = {
        get trap() {
          throw thrown
        },
      }
      const error = await failure(shared().run('echo', input))
      expect(error).toBeInstanceOf(TaskSerializationError)
      expect(error.path).toBe('input.trap')
      expect(error.cause).toBe(thrown)
    })

    test('one input that cannot be cloned harms no other of the same tick', async () => {
      const runner = make({ concurrency: 1 })
      const before = runner.run('echo', 'before')
      const refused = failure(runner.run('echo', () => {}))
      const after = runner.run('echo', 'after')
      expect(await Promise.all([before, after])).toEqual(['before', 'after'])
      expect(await refused).toBeInstanceOf(TaskSerializationError)
    })

    test.runIf(can.map)('map names the input, by its index', async () => {
      const error = await failure(shared().map!('echo', [1, 2, { save: () => {} }]))
      expect(error).toBeInstanceOf(TaskSerializationError)
      expect(error.path).toBe('input.save')
    })

    describe('transfer', () => {
      test('moves what is listed', async () => {
        const buffer = new ArrayBuffer(1_024)
        expect(await shared().run('byteLength', buffer, { transfer: [buffer] })).toBe(1_024)
        expect(buffer.byteLength).toBe(0)
      })

      test('copies what is not', async () => {
        const buffer = new ArrayBuffer(1_024)
        expect(await shared().run('byteLength', buffer)).toBe(1_024)
        expect(buffer.byteLength).toBe(1_024)
      })

      test('of an output brings it whole', async () => {
        const { bytes } = (await shared().run('makeBuffer', 4_096)) as { bytes: Uint8Array }
        expect(bytes).toHaveLength(4_096)
        expect(bytes.every((byte) => byte === 7)).toBe(true)
      })

      test('leaves alone what was refused at the door', async () => {
        const runner = make()
        const buffer = new ArrayBuffer(1_024)
        const options = { transfer: [buffer] }
        const signal = AbortSignal.abort(new Error('not wanted'))
        await rejection(runner.run('byteLength', buffer, { ...options, signal }))
        await rejection(runner.run('echo', { buffer, save: () => {} }, options))
        await runner.close()
        await rejection(runner.run('byteLength', buffer, options))
        expect(buffer.byteLength).toBe(1_024)
      })

      test('of what has been moved already is refused', async () => {
        const buffer = new ArrayBuffer(8)
        structuredClone(buffer, { transfer: [buffer] })
        const runner = shared()
        const error = await failure(runner.run('byteLength', buffer, { transfer: [buffer] }))
        expect(error).toBeInstanceOf(TaskSerializationError)
        expect(await runner.run('echo', 'unharmed')).toBe('unharmed')
      })
    })
  })
}

function firstOf(output: unknown): unknown {
  return (output as ArrayLike<unknown>)[0]
}
