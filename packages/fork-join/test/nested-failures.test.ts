/** What fails, is cancelled or dies in a tree of forks, and what becomes of the rest. */
import { TaskTimeoutError, ThreadExitError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, makeForkingPool, until, Words } from './pools.ts'

const OPTIONS = { timeout: 15_000 }

describe("a child's failure", OPTIONS, () => {
  test('comes to the task as it was thrown, and names the child', async () => {
    const seen = await makeForkingPool().run('seeFailure', { name: 'fail', input: 'no' })
    const task = { name: 'fail', thread: expect.any(Number) }
    expect(seen).toEqual({ isError: true, name: 'RangeError', message: 'no', task })
  })

  test('fails the task that does not handle it, and so on up', async () => {
    const pool = makeForkingPool()
    const error = await failure(pool.run('deep', { depth: 3, name: 'fail', input: 'no' }))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('no')
    expect(error.task).toMatchObject({ name: 'deep' })
  })

  test('after the task has returned fails it, and cancels the other children', async () => {
    const held = new Words()
    const children: [string, unknown][] = [
      ['spin', held],
      ['fail', 'forgotten'],
    ]
    const error = await failure((await makeWarmPool()).run('forget', children))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('forgotten')
    expect(held.ends).toBe(held.starts)
  })

  test('that was seen to is nothing to the task', async () => {
    expect(await makeForkingPool().run('handle', 'no')).toBe('returned')
  })

  test('of its timeout is told as such', async () => {
    const input = { name: 'spin', input: new Words(), options: { timeout: 20 } }
    const seen = await makeForkingPool().run('seeFailure', input)
    expect(seen).toMatchObject({ name: 'TaskTimeoutError', code: 'ERR_THREEPLY_TIMEOUT' })
  })

  test('of its own signal is the very reason', async () => {
    const held = new Words()
    expect(await (await makeWarmPool()).run('cancelOne', held)).toBe(true)
    expect(held.ends).toBe(1)
  })
})

describe('cancelling', OPTIONS, () => {
  test('a task that fails cancels the children that it leaves behind', async () => {
    const held = new Words()
    const error = await failure((await makeWarmPool()).run('abandon', held))
    expect(error.message).toBe('abandoned')
    expect(held.ends).toBe(1)
  })

  test('a task that has failed, and goes on for its children, can fork no more', async () => {
    const held = new Words()
    const { words } = new Words()
    const pool = await makeWarmPool()
    const input = { blocked: held.words, words }
    const failed = failure(pool.run('failAndFork', input, { grace: 60_000 }))
    await until(() => Atomics.load(words, 3) === 1)
    expect(Atomics.load(words, 0)).toBe(0)
    held.release()
    expect((await failed).message).toBe('over')
  })

  test.each([1, 2])('the root cancels all below it, with threads: %i', async (threads) => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makeForkingPool({ threads })
    const { signal } = controller
    const root = failure(pool.run('deep', { depth: 50, name: 'spin', input: held }, { signal }))
    await held.started()
    const reason = new RangeError('enough')
    controller.abort(reason)
    expect(await root).toBe(reason)
    expect(held.ends).toBe(1)
    expect(await pool.run('fib', 5)).toBe(5)
  })

  test('a chain deeper than the stack', async () => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makeForkingPool({ threads: 1, grace: 60_000 })
    const input = { depth: 10_000, name: 'spin', input: held }
    const root = failure(pool.run('deep', input, { signal: controller.signal }))
    await held.started()
    controller.abort('enough')
    expect(await root).toBe('enough')
  })

  test('children that have not started never do', async () => {
    const held = new Words()
    const counted = new Words()
    const controller = new AbortController()
    const pool = makeForkingPool({ threads: 1 })
    const children: [string, unknown][] = [
      ['spin', held],
      ['count', counted],
      ['count', counted],
    ]
    const root = failure(pool.run('forget', children, { signal: controller.signal }))
    await held.started()
    controller.abort('enough')
    expect(await root).toBe('enough')
    await pool.close()
    expect(counted.starts).toBe(0)
  })

  test('by timeout tells how long the root has run', async () => {
    const pool = await makeWarmPool()
    const input = { depth: 5, name: 'spin', input: new Words() }
    const error = await failure(pool.run('deep', input, { timeout: 300 }))
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(error.runTime).toBeGreaterThan(0)
  })

  test('a child that goes on has its thread ended after its grace', async () => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makeForkingPool({ threads: 1 })
    const input = { depth: 5, name: 'block', input: held }
    const root = failure(pool.run('deep', input, { signal: controller.signal, grace: 20 }))
    await held.started()
    controller.abort('enough')
    expect(await root).toBe('enough')
    expect(held.ends).toBe(0)
    expect(await pool.run('fib', 5)).toBe(5)
  })

  test.each([
    [0, 'block'],
    [100, 'block'],
    [100, 'blockLater'],
  ] as const)(
    'a task whose thread another one computes on waits for that, and harms it not (grace %i, %s)',
    async (grace, name) => {
      const held = [new Words(), new Words()] as const
      const controller = new AbortController()
      const pool = makeForkingPool({ threads: 2, grace })
      await pool.warmUp()
      const input = { words: held[0].words, childTakes: 0, takes: 0 }
      const waiting = failure(pool.run('cleanUp', input, { signal: controller.signal }))
      await held[0].started()
      const other = pool.run(name, held[1]) // the child has the other thread
      await held[1].started()
      controller.abort('enough')
      await new Promise((resolve) => setTimeout(resolve, 250)) // more than its grace
      held[1].release()
      expect(await other).toBe('released')
      expect(await waiting).toBe('enough')
      expect(Atomics.load(held[0].words, 5)).toBe(1)
    },
  )

  test('a task whose child takes long to end has its whole grace after that', async () => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makeForkingPool({ threads: 2, grace: 1_000 })
    const input = { words: held.words, childTakes: 800, takes: 500 }
    const waiting = failure(pool.run('cleanUp', input, { signal: controller.signal }))
    await held.started()
    controller.abort('enough')
    expect(await waiting).toBe('enough')
    expect(Atomics.load(held.words, 5)).toBe(1)
  })

  test('a task whose map still reads its inputs ends the map, and they are closed', async () => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makeForkingPool({ grace: 2 ** 30 })
    const waiting = failure(pool.run('mapNothing', held, { signal: controller.signal }))
    await held.started()
    controller.abort('enough')
    expect(await waiting).toBe('enough')
    await until(() => Atomics.load(held.words, 5) === 1)
  })
})

describe('the death of a thread', OPTIONS, () => {
  test.each([1, 2])('rejects the tasks that wait on it, with threads: %i', async (threads) => {
    const pool = makeForkingPool({ threads })
    const error = await failure(pool.run('deep', { depth: 10, name: 'exit', input: 7 }))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(error.exitCode).toBe(7)
    expect(await pool.run('fib', 5)).toBe(5)
  })

  test('by memory rejects them, too', async () => {
    const resourceLimits = { maxOldGenerationSizeMb: 24 }
    const pool = makeForkingPool({ threads: 1, resourceLimits })
    const error = await failure(pool.run('pass', { name: 'exhaustMemory', input: undefined }))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(await pool.run('fib', 5)).toBe(5)
  })

  test('has an idempotent root run again', async () => {
    const { words } = new Words()
    const pool = makeForkingPool({ threads: 1 })
    expect(await pool.run('exitUntil', { words, times: 3 }, { idempotent: true })).toBe(3)
  })

  test('cancels the children of those that wait on it', async () => {
    const held = new Words()
    const pool = await makeWarmPool()
    const waiting = failure(pool.run('forget', [['spin', held]]))
    await held.started()
    // The other thread is the one that waits.
    const exit = failure(pool.run('exit', 3))
    expect((await exit).exitCode).toBe(3)
    expect(await waiting).toBeInstanceOf(ThreadExitError)
    await until(() => held.ends === 1)
    await pool.close()
  })
})

/** Children run beside the task that forks them. */
async function makeWarmPool(): Promise<ReturnType<typeof makeForkingPool>> {
  const pool = makeForkingPool({ threads: 2 })
  await pool.warmUp()
  return pool
}
