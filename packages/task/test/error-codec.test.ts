import { execFile } from 'node:child_process'
import { inspect, promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  ClosedError,
  decodeError,
  encodeError,
  TaskTimeoutError,
  ThreeplyError,
  ThrownValueError,
} from '../src/index.ts'
import { failure } from './failure.ts'

type Crossed = Error & Record<string, unknown>

/** What arrives on the other side of a thread's boundary. */
function cross(thrown: unknown): Crossed {
  return decodeError(structuredClone(encodeError(thrown))) as Crossed
}

class OrderError extends Error {
  readonly code = 'ERR_ORDER'
  constructor(message: string, readonlyOrderId: number, options?: ErrorOptions) {
    super(message, options)
    Object.assign(this, { orderId: readonlyOrderId })
  }
}

describe('the class', () => {
  test.each([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error])(
    '%o is kept',
    (ErrorClass) => {
      const error = cross(new ErrorClass('no'))
      expect(Object.getPrototypeOf(error)).toBe(ErrorClass.prototype)
      expect(error.name).toBe(ErrorClass.name)
      expect(error.message).toBe('no')
    },
  )

  test("a user's is kept by name, as an instance of the nearest class that both sides have", () => {
    class DeepRangeError extends RangeError {}
    const order = cross(new OrderError('missing', 7))
    expect(order).toBeInstanceOf(Error)
    expect(order.constructor.name).toBe('OrderError')
    expect(order.name).toBe('OrderError')
    const deep = cross(new DeepRangeError('far'))
    expect(deep).toBeInstanceOf(RangeError)
    expect(deep.name).toBe('DeepRangeError')
  })

  test('two errors of one class arrive with one class', () => {
    const [first, second] = [cross(new OrderError('a', 1)), cross(new OrderError('b', 2))]
    expect(first.constructor).toBe(second.constructor)
  })

  test('one that was made up for each error is not remembered for ever', () => {
    for (let index = 0; index < 1_100; index += 1) {
      const name = `Made${index}`
      const Made = { [name]: class extends Error {} }[name]!
      expect(cross(new Made('up')).constructor.name).toBe(name)
    }
  })

  test('a name that was set is kept, and whether it is enumerable', () => {
    const named = Object.assign(new Error('no'), { name: 'HttpError' })
    expect(cross(named).name).toBe('HttpError')
    expect(Object.keys(cross(named))).toEqual(['name'])
    class Quiet extends Error {
      static {
        Object.defineProperty(Quiet.prototype, 'name', { value: 'QuietError' })
      }
    }
    expect(cross(new Quiet('no')).name).toBe('QuietError')
    expect(Object.keys(cross(new Quiet('no')))).toEqual([])
  })

  test("a user's class with the name of a built-in one is not that one", () => {
    const Impostor = { TypeError: class extends Error {} }.TypeError
    const error = cross(new Impostor('not yours'))
    expect(error).not.toBeInstanceOf(TypeError)
    expect(error.constructor.name).toBe('TypeError')
  })

  test("a user's class with the name of one of ours is not ours", () => {
    const Impostor = { ClosedError: class extends Error {} }.ClosedError
    const error = cross(new Impostor('the shop is closed'))
    expect(error).not.toBeInstanceOf(ClosedError)
    expect(error.constructor.name).toBe('ClosedError')
  })

  test('ours are ours again, with what they hold', () => {
    const error = cross(new TaskTimeoutError('a', { timeout: 5, queueTime: 1, runTime: 4 }))
    expect(Object.getPrototypeOf(error)).toBe(TaskTimeoutError.prototype)
    expect(error).toMatchObject({
      code: 'ERR_THREEPLY_TIMEOUT',
      timeout: 5,
      queueTime: 1,
      runTime: 4,
    })
  })

  test('ours are ours under the name that a bundler gave the class', () => {
    const renamed = new ClosedError('closed')
    const copy = Object.create(ThreeplyError.prototype, {
      ...Object.getOwnPropertyDescriptors(ClosedError.prototype),
      constructor: { value: { ClosedError2: class {} }.ClosedError2 },
    })
    const error = cross(Object.setPrototypeOf(renamed, copy))
    expect(Object.getPrototypeOf(error)).toBe(ClosedError.prototype)
  })

  test('one that a user derived from ours is an instance of ours', () => {
    class ShopClosedError extends ClosedError {}
    const error = cross(new ShopClosedError('closed'))
    expect(error).toBeInstanceOf(ClosedError)
    expect(error).toBeInstanceOf(ThreeplyError)
    expect(error.constructor.name).toBe('ShopClosedError')
  })

  test('a DOMException is one, with its name and its code', () => {
    const error = cross(new DOMException('gone', 'NotFoundError'))
    expect(error).toBeInstanceOf(DOMException)
    expect(error).toMatchObject({ name: 'NotFoundError', message: 'gone', code: 8 })
    expect(inspect(error)).toContain('gone')
  })

  test('what is derived from DOMException keeps name, code and properties', () => {
    class StoreError extends DOMException {
      readonly store = 'orders'
    }
    const error = cross(new StoreError('gone', 'AbortError'))
    expect(error).toBeInstanceOf(DOMException)
    expect(error).toMatchObject({ name: 'AbortError', code: 20, store: 'orders' })
    expect(error.constructor.name).toBe('StoreError')
  })

  test('an error of another realm is one of this', () => {
    const foreign = runInNewContext("Object.assign(new RangeError('far away'), { code: 'E' })")
    expect(foreign instanceof Error).toBe(false)
    const error = cross(foreign)
    expect(Object.getPrototypeOf(error)).toBe(RangeError.prototype)
    expect(error).toMatchObject({ message: 'far away', code: 'E' })
  })

  test('a class without a name, or with a strange one, has that of the class above it', () => {
    expect(cross(new (class extends RangeError {})('x')).constructor.name).toBe('RangeError')
    class Strange extends Error {
      static override get name(): string {
        throw new Error('no name')
      }
    }
    expect(cross(new Strange('x'))).toBeInstanceOf(Error)
    class Numbered extends Error {}
    Object.defineProperty(Numbered, 'name', { value: 5 })
    expect(cross(new Numbered('x')).constructor.name).toBe('Error')
  })

  test('an object without a class, whose prototype is an error, is an error', () => {
    const error = cross(Object.create(Error.prototype, { message: { value: 'bare' } }))
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toBe('bare')
  })
})

describe('the properties', () => {
  test('own ones are kept, deep ones too, and whether they are enumerable', () => {
    const original = Object.assign(new Error('no'), {
      code: 'E_NO',
      details: { rows: [1, { two: new Date(2) }], map: new Map([['a', 1n]]) },
    })
    Object.defineProperty(original, 'hidden', { value: 'here', enumerable: false })
    const error = cross(original)
    expect(error.details).toEqual({ rows: [1, { two: new Date(2) }], map: new Map([['a', 1n]]) })
    expect(error.hidden).toBe('here')
    expect(Object.keys(error)).toEqual(['code', 'details'])
  })

  test('undefined and null are kept as such', () => {
    const error = cross(Object.assign(new Error('no'), { nothing: undefined, none: null }))
    expect(Object.entries(error)).toEqual([
      ['nothing', undefined],
      ['none', null],
    ])
  })

  test('functions and symbols are left out', () => {
    const original = Object.assign(new Error('no'), { save: () => {}, tag: Symbol('t'), kept: 1 })
    expect(Object.keys(cross(original))).toEqual(['kept'])
  })

  test('what cannot be cloned arrives as its description', () => {
    const socket = { host: 'example.org', close: () => {} }
    const error = cross(Object.assign(new Error('no'), { socket, later: Promise.resolve(5) }))
    expect(error.socket).toMatch(/^\{ host: 'example\.org', close: \[Function: close\] \}$/)
    expect(error.later).toBe('Promise { 5 }')
  })

  test('a getter that throws arrives as what it threw, and one that does not as its value', () => {
    const original = new Error('no')
    Object.defineProperty(original, 'trap', {
      enumerable: true,
      get: () => {
        throw new RangeError('trapped')
      },
    })
    Object.defineProperty(original, 'fine', { enumerable: true, get: () => 42 })
    const error = cross(original)
    expect(error.trap).toMatch(/^\[getter threw: RangeError: trapped/)
    expect(error.fine).toBe(42)
  })

  test('a property named __proto__ is a property', () => {
    const original = new Error('no')
    Object.defineProperty(original, '__proto__', { value: { evil: true }, enumerable: true })
    const error = cross(original)
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype)
    expect(Object.getOwnPropertyDescriptor(error, '__proto__')?.value).toEqual({ evil: true })
  })

  test('each can be written and deleted, as those of any error', () => {
    const error = cross(Object.assign(new Error('no'), { code: 'A' }))
    error.code = 'B'
    error.message = 'yes'
    expect(error).toMatchObject({ code: 'B', message: 'yes' })
    delete error.code
    expect('code' in error).toBe(false)
  })
})

describe('the stack', () => {
  test('is that of where it happened', () => {
    function whereItHappened(): Error {
      return new Error('here')
    }
    const original = whereItHappened()
    const error = cross(original)
    expect(error.stack).toBe(original.stack)
    expect(error.stack).toContain('whereItHappened')
    expect(Object.keys(error)).toEqual([])
  })

  test('has no line of ours above it, when nobody has caught the error', async () => {
    const module = new URL('../src/index.ts', import.meta.url)
    const program = `
      import { decodeError, encodeError } from '${module}'
      await Promise.reject(decodeError(encodeError(new RangeError('of a task'))))`
    const flags = ['--conditions=@threeply/source', '--input-type=module', '--eval', program]
    const { stderr } = (await failure(() =>
      promisify(execFile)(process.execPath, flags),
    )) as unknown as {
      readonly stderr: string
    }
    expect(stderr).toContain('RangeError: of a task')
    expect(stderr).not.toContain('error-codec')
  })

  test('may be missing, or no text', () => {
    const without = new Error('no')
    Object.defineProperty(without, 'stack', { value: undefined })
    expect(cross(without).stack).toBeUndefined()
    expect(cross(Object.assign(new Error('no'), { stack: 5 })).stack).toBeUndefined()
  })
})

describe('causes and errors', () => {
  test('causes of causes are kept, as errors', () => {
    const root = Object.assign(new RangeError('root'), { row: 9 })
    const error = cross(
      new OrderError('top', 1, { cause: new TypeError('middle', { cause: root }) }),
    )
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(error.cause).toHaveProperty('cause.row', 9)
    expect((error.cause as Error).cause).toBeInstanceOf(RangeError)
    expect(Object.keys(error)).not.toContain('cause')
  })

  test('a cause that is no error is kept as it is', () => {
    expect(cross(new Error('no', { cause: { status: 503 } })).cause).toEqual({ status: 503 })
    expect('cause' in cross(new Error('no', { cause: undefined }))).toBe(true)
    expect('cause' in cross(new Error('no'))).toBe(false)
  })

  test('an AggregateError keeps its errors, and those of its errors', () => {
    const inner = new AggregateError([new RangeError('deep')], 'inner')
    const error = cross(new AggregateError([inner, new OrderError('b', 2), 'text'], 'outer'))
    expect(error).toBeInstanceOf(AggregateError)
    const [first, second, third] = error.errors as [AggregateError, Crossed, string]
    expect(first.errors[0]).toBeInstanceOf(RangeError)
    expect(second).toMatchObject({ name: 'OrderError', orderId: 2 })
    expect(third).toBe('text')
    expect(Object.keys(error)).toEqual([])
    expect(cross(new AggregateError([], 'none')).errors).toEqual([])
  })

  test('an error that is its own cause, or that of its cause, arrives so', () => {
    const own = new Error('own')
    own.cause = own
    const arrived = cross(own)
    expect(arrived.cause).toBe(arrived)
    const left = new Error('left')
    left.cause = new AggregateError([left, left], 'right')
    const crossedLeft = cross(left)
    expect((crossedLeft.cause as AggregateError).errors).toEqual([crossedLeft, crossedLeft])
    expect((crossedLeft.cause as AggregateError).errors[1]).toBe(crossedLeft)
  })

  test('one error in two places arrives as one', () => {
    const shared = new Error('shared')
    const error = cross(Object.assign(new Error('no', { cause: shared }), { again: shared }))
    expect(error.cause).toBe(error.again)
  })

  test('a chain of causes longer than the stack is deep arrives whole', () => {
    let top = new Error('0')
    for (let index = 1; index < 12_000; index += 1) top = new Error(`${index}`, { cause: top })
    let depth = 0
    for (let at: unknown = cross(top); at instanceof Error; at = at.cause) depth += 1
    expect(depth).toBe(12_000)
  })
})

describe('what is no error', () => {
  test.each([
    ['a string', 'text'],
    ['a number', 0],
    ['null', null],
    ['undefined', undefined],
    ['an object', { status: 503 }],
  ])('%s arrives as a ThrownValueError that holds it', (_what, value) => {
    const error = cross(value)
    expect(error).toBeInstanceOf(ThrownValueError)
    expect(error.code).toBe('ERR_THREEPLY_THROWN_VALUE')
    expect('value' in error).toBe(true)
    expect(error.value).toEqual(value)
  })

  test.each([
    ['a function', function save() {}, '[Function: save]'],
    ['a symbol', Symbol('tag'), 'Symbol(tag)'],
    ['what holds a function', { save() {} }, '{ save: [Function: save] }'],
  ])('%s arrives as its description', (_what, value, description) => {
    const error = cross(value)
    expect(error).toBeInstanceOf(ThrownValueError)
    expect(error.value).toBe(description)
    expect(error.message).toContain(description)
  })
})

describe('encoding never throws', () => {
  const refuse = () => {
    throw new Error('refused')
  }
  const traps: ProxyHandler<object> = {
    get: refuse,
    getPrototypeOf: refuse,
    ownKeys: refuse,
    getOwnPropertyDescriptor: refuse,
    has: refuse,
  }
  const revoked = (target: object) => {
    const { proxy, revoke } = Proxy.revocable(target, {})
    revoke()
    return proxy
  }

  test.each([
    ['a proxy of an error that refuses everything', new Proxy(new Error('inner'), traps)],
    [
      'a proxy of an error that refuses to be read',
      new Proxy(new Error('inner'), { ownKeys: refuse, get: refuse }),
    ],
    ['a revoked proxy', revoked(new Error('inner'))],
    ['an error that holds a revoked proxy', Object.assign(new Error('no'), { held: revoked([]) })],
    [
      'an error that holds a list with traps',
      Object.assign(new Error('no'), { held: new Proxy([new Error('x')], traps) }),
    ],
    ['an error whose cause is a revoked proxy', new Error('no', { cause: revoked({}) })],
    [
      'an error that refuses to be inspected',
      Object.assign(new Error('no'), {
        held: { [Symbol.for('nodejs.util.inspect.custom')]: refuse, save() {} },
      }),
    ],
    [
      'a value that refuses to be inspected',
      { [Symbol.for('nodejs.util.inspect.custom')]: refuse, save() {} },
    ],
    ['a frozen error', Object.freeze(new Error('cold'))],
    ['an error without a prototype', Object.setPrototypeOf(new Error('lost'), null)],
    [
      'what is nested deeper than the stack',
      Object.assign(new Error('no'), { nest: nest(20_000) }),
    ],
  ])('for %s', (_what, thrown) => {
    const error = cross(thrown)
    expect(error).toBeInstanceOf(Error)
    expect(error.message).not.toBe('')
  })
})

function nest(depth: number): object {
  let nested = {}
  for (let index = 0; index < depth; index += 1) nested = { nested }
  return nested
}
