/** The error for what cannot be sent names the part that is to blame. */
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { TaskSerializationError } from '../src/index.ts'
import { serializationError } from '../src/runner.ts'

/** The error for a value that this thread really cannot send. */
function refusal(value: unknown, transfer: readonly unknown[] = []): TaskSerializationError {
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(value, transfer as ArrayBuffer[])
  } catch (cause) {
    return serializationError('resize', 'input', value, cause, transfer)
  } finally {
    port1.close()
    port2.close()
  }
  throw new Error('was sent')
}

class Socket {
  readonly close = () => {}
}

const save = (): void => {}
const refusals: [path: string, what: string, value: unknown][] = [
  ['input', 'a function (save)', save],
  ['input', 'a function (without a name)', () => {}],
  ['input', 'a symbol', Symbol('s')],
  ['input', 'a promise that was not awaited', Promise.resolve(1)],
  ['input', 'a Proxy', new Proxy({ fine: 1 }, {})],
  ['input', 'an object that cannot be cloned (WeakMap)', new WeakMap()],
  ['input.rows[3].save', 'a function (save)', { rows: [1, 2, 3, { id: 4, save }] }],
  ['input["not a name"]', 'a function (save)', { 'not a name': save }],
  ['input.a["0"]', 'a function (save)', { a: { 0: save } }],
  ['input[1][0].deep', 'a symbol', [[], [{ deep: Symbol('s') }]]],
  ['input.socket.close', 'a function (close)', { socket: new Socket() }],
  ['input.get("key").save', 'a function (save)', new Map([['key', { save }]])],
  ['input.get(5)', 'a symbol', new Map([[5, Symbol('s')]])],
  ['input.keys()', 'a function (save)', new Map([[save, 1]])],
  ['input.values().save', 'a function (save)', new Set([1, { save }])],
  ['input.failure.cause', 'a function (save)', { failure: new Error('no', { cause: save }) }],
  ['input.later', 'a promise that was not awaited', { now: 1, later: Promise.resolve() }],
]

test.each(refusals)('%s is %s', (path, what, value) => {
  const error = refusal(value)
  expect(error).toBeInstanceOf(TaskSerializationError)
  expect(error.path).toBe(path)
  expect(error.message).toContain(
    `${path} of 'resize' cannot be sent to another thread: it is ${what}.`,
  )
  expect(error.cause).toBeInstanceOf(DOMException)
})

test('a value that cannot be searched is named as a whole', () => {
  const map = Object.assign(new Map([['save', save]]), {
    [Symbol.iterator]() {
      throw new RangeError('no way in')
    },
  })
  expect(refusal({ map })).toMatchObject({ path: 'input', code: 'ERR_THREEPLY_SERIALIZATION' })
})

test('what structured clone does not read is not to blame', () => {
  const map = Object.assign(new Map([['bad', save]]), { extra: save })
  expect(refusal({ map }).path).toBe('input.map.get("bad")')
  const failure = Object.assign(new Error('no', { cause: { save } }), { handler: save })
  expect(refusal({ failure }).path).toBe('input.failure.cause.save')
})

test('a getter that throws is named, with what it threw as the cause', () => {
  const thrown = new RangeError('no total yet')
  const value = {
    rows: [
      {
        get total(): number {
          throw thrown
        },
      },
    ],
  }
  const error = refusal(value)
  expect(error.path).toBe('input.rows[0].total')
  expect(error.message).toContain('it is a getter that throws')
  expect(error.cause).toBe(thrown)
})

test('cycles end', () => {
  const cyclic: Record<string, unknown> = { first: { deep: 1 } }
  cyclic.self = cyclic
  cyclic.list = [cyclic, { back: cyclic, save }]
  expect(refusal(cyclic).path).toBe('input.list[1].save')
})

test('what is nested deeper than the stack is told so, and soon', () => {
  let nested: object = {}
  for (let depth = 0; depth < 20_000; depth += 1) nested = { nested }
  const error = refusal(nested)
  expect(error.path).toBe('input')
  expect(error.message).toContain('nested too deeply')
})

describe('what was to be moved', () => {
  test('is not to blame, and neither is what holds it', () => {
    const { port1 } = new MessageChannel()
    const error = refusal({ reply: { port: port1 }, save }, [port1])
    expect(error.path).toBe('input.save')
    port1.close()
  })

  test('is to blame when it has been moved before', () => {
    const buffer = new ArrayBuffer(8)
    const view = new Uint8Array(buffer)
    structuredClone(buffer, { transfer: [buffer] })
    expect(refusal({ image: buffer }, [buffer]).message).toContain(
      "input.image of 'resize' cannot be sent to another thread: it is an ArrayBuffer that has been moved already.",
    )
    expect(refusal({ view }).message).toContain('a Uint8Array whose buffer has been moved already')
  })

  test('is to blame as a list when it holds what cannot be moved', () => {
    const error = refusal({ fine: 1 }, [{}])
    expect(error.path).toBe('input')
    expect(error.message).toContain('listed in `transfer` with something that cannot be moved')
  })
})
