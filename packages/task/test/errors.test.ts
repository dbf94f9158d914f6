import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  ClosedError,
  DeadlockError,
  InvalidOptionError,
  QueueFullError,
  TaskDroppedError,
  TaskModuleError,
  TaskNotFoundError,
  TaskSerializationError,
  TaskTimeoutError,
  ThreadExitError,
  ThreeplyError,
  ThrownValueError,
} from '../src/index.ts'

const cause = new Error('the cause')

const all: [error: ThreeplyError, name: string, code: string, message: RegExp][] = [
  [
    new TaskTimeoutError('resize', { timeout: 50, queueTime: 12.34, runTime: 37.66 }),
    'TaskTimeoutError',
    'ERR_THREEPLY_TIMEOUT',
    /^'resize' timed out after 12\.3 ms in the queue and 37\.7 ms running\. Raise `timeout`/,
  ],
  [
    new TaskTimeoutError('resize', { timeout: 50, queueTime: 50, runTime: 0 }),
    'TaskTimeoutError',
    'ERR_THREEPLY_TIMEOUT',
    /^'resize' timed out after 50 ms in the queue, before it started\. .*submit less at once/,
  ],
  [
    new ThreadExitError('thread 3 exited', { exitCode: 7, cause }),
    'ThreadExitError',
    'ERR_THREEPLY_THREAD_EXIT',
    /^thread 3 exited$/,
  ],
  [
    new QueueFullError('resize', 100),
    'QueueFullError',
    'ERR_THREEPLY_QUEUE_FULL',
    /^'resize' was refused: 100 tasks are waiting/,
  ],
  [
    new ClosedError('the pool is closed'),
    'ClosedError',
    'ERR_THREEPLY_CLOSED',
    /^the pool is closed$/,
  ],
  [
    new TaskNotFoundError('resise', 'file:///tasks.js', ['crop', 'resize']),
    'TaskNotFoundError',
    'ERR_THREEPLY_TASK_NOT_FOUND',
    /^'resise' is not exported by file:\/\/\/tasks\.js\. Its tasks are 'crop', 'resize'\.$/,
  ],
  [
    new TaskModuleError('the module cannot be loaded', { cause }),
    'TaskModuleError',
    'ERR_THREEPLY_TASK_MODULE',
    /^the module cannot be loaded$/,
  ],
  [
    new TaskSerializationError('resize', { path: 'input.save', what: 'a function (save)', cause }),
    'TaskSerializationError',
    'ERR_THREEPLY_SERIALIZATION',
    /^input\.save of 'resize' cannot be sent to another thread: it is a function \(save\)\./,
  ],
  [
    new TaskDroppedError('resize', 'clear()'),
    'TaskDroppedError',
    'ERR_THREEPLY_DROPPED',
    /^'resize' was removed from the queue by clear\(\) before it started/,
  ],
  [
    new DeadlockError('resize', 4),
    'DeadlockError',
    'ERR_THREEPLY_DEADLOCK',
    /^'resize' was refused: .* limit of 4 is used up .*`reentrant: true`/,
  ],
  [
    new ThrownValueError('oops', "'oops'"),
    'ThrownValueError',
    'ERR_THREEPLY_THROWN_VALUE',
    /^the task threw 'oops', which is no error/,
  ],
  [
    new InvalidOptionError('threads', 'threads of ForkJoinPool is 0'),
    'InvalidOptionError',
    'ERR_THREEPLY_INVALID_OPTION',
    /^threads of ForkJoinPool is 0$/,
  ],
]

describe.each(all)('%s', (error, name, code, message) => {
  test('has a name, a code, and a message that says what happened', () => {
    expect(error.name).toBe(name)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })

  test('is an instance of its class, of ThreeplyError and of Error, and of no other of ours', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(ThreeplyError)
    const classes = new Set(all.map(([other]) => other.constructor as typeof ThreeplyError))
    const matching = [...classes].filter((errorClass) => error instanceof errorClass)
    expect(matching).toEqual([error.constructor])
  })

  test('prints with its name and its code', () => {
    expect(inspect(error)).toContain(name)
    expect(inspect(error)).toContain(code)
    expect(error.stack).toMatch(new RegExp(`^${name}: `))
  })
})

test('the name is not enumerable, and the code is', () => {
  const error = new ClosedError('closed')
  expect(Object.keys(error)).toEqual(['code'])
})

test('a cause is kept, and none is not undefined', () => {
  expect(new ClosedError('closed', { cause }).cause).toBe(cause)
  expect('cause' in new ClosedError('closed')).toBe(false)
  expect('cause' in new ThreadExitError('gone', { exitCode: 0, cause: undefined })).toBe(false)
})

test('a module without tasks, and an export that is none, are told', () => {
  expect(new TaskNotFoundError('a', 'file:///m.js', []).message).toContain('It has no tasks.')
  expect(new TaskNotFoundError('limit', 'file:///m.js', ['a'], true).message).toBe(
    "'limit' of file:///m.js is no task: only an exported function that is not reserved is one. Its tasks are 'a'.",
  )
})

describe('a class derived by a user', () => {
  class ShopClosedError extends ClosedError {}

  test('is an instance of ours, and ours is none of it', () => {
    const derived = new ShopClosedError('closed')
    expect(derived).toBeInstanceOf(ShopClosedError)
    expect(derived).toBeInstanceOf(ClosedError)
    expect(derived).toBeInstanceOf(ThreeplyError)
    expect(new ClosedError('closed') instanceof ShopClosedError).toBe(false)
  })
})

test.each([[undefined], [null], [0], ['ClosedError'], [{}], [new Error('no')], [() => {}]])(
  'instanceof is false for %s',
  (value) => {
    expect((value as unknown) instanceof ClosedError).toBe(false)
    expect((value as unknown) instanceof ThreeplyError).toBe(false)
  },
)
