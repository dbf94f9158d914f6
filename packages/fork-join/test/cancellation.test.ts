/** Cancelling: at once what has not started, in two stages what runs, and nothing beside it. */
import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { TaskTimeoutError } from '@threeply/task'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ForkJoinPool } from '../src/index.ts'
import { failure, makePool, Words } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

describe('a running task', OPTIONS, () => {
  test('that computes sees the flag, and rejects with the reason when it has ended', async () => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makePool({ threads: 1 })
    const before = await pool.run('thread')
    const running = failure(pool.run('spin', held, { signal: controller.signal }))
    await held.started()
    const reason = new RangeError('enough')
    controller.abort(reason)
    expect(await running).toBe(reason)
    expect(held.ends).toBe(1)
    expect(await pool.run('thread')).toBe(before)
  })

  test.each([
    [new RangeError('an error'), 1],
    ['text', 2],
    [() => 'no clone', 3],
  ])('gets the reason in its signal: %s', async (reason, seen) => {
    const held = new Words()
    const controller = new AbortController()
    const running = failure(makePool().run('reasonOf', held, { signal: controller.signal }))
    await held.started()
    controller.abort(reason)
    expect(await running).toBe(reason)
    expect(Atomics.load(held.words, 3)).toBe(seen)
  })

  test('that goes on is ended with its thread, which is replaced', async () => {
    const held = new Words()
    const controller = new AbortController()
    const pool = makePool({ threads: 1, grace: 20 })
    const before = await pool.run('thread')
    const running = failure(pool.run('loopForEver', held, { signal: controller.signal }))
    await held.started()
    const next = pool.run('double', 21)
    controller.abort(new RangeError('enough'))
    expect(await running).toBe(controller.signal.reason)
    expect(await next).toBe(42)
    expect(await pool.run('thread')).not.toBe(before)
  })

  test('may have a grace of its own', async () => {
    const held = new Words()
    const pool = makePool({ threads: 1, grace: 3_600_000 })
    const running = failure(pool.run('loopForEver', held, { timeout: 200, grace: 0 }))
    expect(await running).toBeInstanceOf(TaskTimeoutError)
  })

  test('with an endless grace is waited for', async () => {
    const held = new Words()
    const pool = makePool({ threads: 1, grace: Number.POSITIVE_INFINITY })
    const controller = new AbortController()
    const running = failure(pool.run('block', held, { signal: controller.signal }))
    await held.started()
    controller.abort(new RangeError('enough'))
    held.release()
    expect(await running).toBe(controller.signal.reason)
    expect(held.ends).toBe(1)
  })

  test('that times out tells how long it waited and how long it ran', async () => {
    const pool = makePool({ threads: 1 })
    await pool.run('double', 1)
    const error = await failure(pool.run('spin', new Words(), { timeout: 1_000 }))
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(error.timeout).toBe(1_000)
    expect(error.runTime).toBeGreaterThan(0)
    expect(error.message).toContain("'spin' timed out after")
  })
})

describe('a timeout', OPTIONS, () => {
  test('while no thread is ready says what to see to', async () => {
    const module = 'data:text/javascript,await new Promise(() => {}); export const task = () => 1'
    const pool = new ForkJoinPool<{ task(): number }>(module, { threads: 1 })
    onTestFinished(() => pool.destroy())
    const calls = [
      pool.run('task', undefined, { timeout: 50 }),
      pool.map('task', [undefined], { timeout: 50 }),
    ]
    for (const { message } of await Promise.all(calls.map(failure))) {
      expect(message).toContain('No thread is ready: each still loads data:')
    }
  })

  test('of a map or a scope says that it is for the whole', async () => {
    const pool = makePool({ threads: 1 })
    await pool.warmUp()
    const held = [new Words(), new Words()] as const
    const mapped = failure(pool.map('spin', [held[0]], { timeout: 100 }))
    expect((await mapped).message).toContain('The timeout is that of the whole call')
    const scoped = failure(pool.scope(({ fork }) => fork('spin', held[1]), { timeout: 100 }))
    expect((await scoped).message).toContain('The timeout is that of the whole scope')
  })
})

test('what a deadline of close ends is told of that', OPTIONS, async () => {
  const pool = makePool({ threads: 1 })
  const held = new Words()
  const running = failure(pool.run('spin', held))
  await held.started()
  await pool.close({ deadline: 1 })
  expect((await running).message).toContain('its deadline of 1 ms')
})

describe('what has not started', OPTIONS, () => {
  test('rejects at once and never runs, in the queue or sent to a thread', async () => {
    const pool = makePool({ threads: 1 })
    await pool.map('countStart', Array(100).fill(new Words())) // known to be quick, so it is chunked
    const held = new Words()
    const counted = new Words()
    const controller = new AbortController()
    const before = pool.run('countStart', counted)
    const blocked = pool.run('block', held)
    const cancelled = Array.from({ length: 500 }, () =>
      failure(pool.run('countStart', counted, { signal: controller.signal })),
    )
    await held.started()
    controller.abort(new RangeError('enough'))
    for (const error of await Promise.all(cancelled)) expect(error).toBe(controller.signal.reason)
    held.release()
    await blocked
    await before
    await pool.run('double', 1)
    expect(counted.starts).toBe(1)
  })

  test('goes without a trace, though it is in the middle of a long queue', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const blocked = pool.run('block', held)
    await held.started()
    const controllers: AbortController[] = []
    const outcomes = Array.from({ length: 2_000 }, (_, index) => {
      const controller = new AbortController()
      if (index % 2 === 1) controllers.push(controller)
      return pool.run('echo', index, { signal: controller.signal }).catch(() => 'cancelled')
    })
    for (const controller of controllers) controller.abort()
    held.release()
    await blocked
    const expected = outcomes.map((_, index) => (index % 2 === 1 ? 'cancelled' : index))
    expect(await Promise.all(outcomes)).toEqual(expected)
  })
})

describe('a signal', OPTIONS, () => {
  test('has one listener for all the calls that have it, and none when they have ended', async () => {
    const pool = makePool()
    const { signal } = new AbortController()
    const runs = Array.from({ length: 50 }, (_, index) => pool.run('double', index, { signal }))
    const mapped = pool.map('double', [1, 2, 3], { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await Promise.all([...runs, mapped])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('that is aborted already: the task never starts', async () => {
    const held = new Words()
    const signal = AbortSignal.abort(new RangeError('too late'))
    const pool = makePool()
    expect(await failure(pool.run('countStart', held, { signal }))).toBe(signal.reason)
    expect(await failure(pool.map('countStart', [held], { signal }))).toBe(signal.reason)
    expect(held.starts).toBe(0)
  })
})

describe('beside a cancelled task', OPTIONS, () => {
  test('those on the same thread that had not started are run elsewhere', async () => {
    const pool = makePool({ threads: 1, grace: 20 })
    await pool.map('echo', Array(100).fill(0))
    const held = new Words()
    const loop = failure(pool.run('loopForEver', held, { timeout: 300 }))
    const others = Array.from({ length: 50 }, (_, index) => pool.run('echo', index))
    expect(await Promise.all(others)).toEqual(others.map((_, index) => index))
    expect(await loop).toBeInstanceOf(TaskTimeoutError)
  })

  test('nothing is harmed when it ends within its grace', async () => {
    const pool = makePool({ threads: 1 })
    const thread = await pool.run('thread')
    for (let round = 0; round < 20; round += 1) {
      const held = new Words()
      const controller = new AbortController()
      const running = failure(pool.run('spin', held, { signal: controller.signal }))
      const others = pool.map('double', [1, 2, 3])
      await held.started()
      controller.abort()
      await running
      expect(await others).toEqual([2, 4, 6])
    }
    expect(await pool.run('thread')).toBe(thread)
  })
})

test(
  'an async iterable that fails ends a map though no thread asks for more',
  OPTIONS,
  async () => {
    const held = new Words()
    const thrown = new RangeError('no more')
    async function* inputs() {
      yield held
      await held.started()
      throw thrown
    }
    expect(await failure(makePool({ threads: 1, grace: 2 ** 30 }).map('spin', inputs()))).toBe(
      thrown,
    )
    expect(held.ends).toBe(1)
  },
)

test('a map waits until what runs has ended before it rejects', OPTIONS, async () => {
  const held = new Words()
  const controller = new AbortController()
  const mapped = failure(
    makePool({ threads: 2 }).map('spin', [held, held, held, held], { signal: controller.signal }),
  )
  await held.started(2)
  controller.abort(new RangeError('enough'))
  expect(await mapped).toBe(controller.signal.reason)
  expect(held.ends).toBe(2)
  expect(held.starts).toBe(2)
})

test(
  'a map that has failed waits until its inputs are closed; one that is aborted does not',
  OPTIONS,
  async () => {
    let closed = 0
    async function* inputs(pause: Promise<unknown>) {
      try {
        for (let input = 1; ; input += 1) {
          yield input
          await pause
        }
      } finally {
        await delay(20)
        closed += 1
      }
    }
    const pool = makePool({ grace: 60_000 })
    const failed = await failure(pool.map('throwIfOdd', inputs(delay(20)), { chunkSize: 1 }))
    expect(failed.message).toMatch(/^[13] is odd$/)
    expect(closed).toBe(1)
    const stuck = inputs(new Promise(() => {}))
    const aborted = pool.map('double', stuck, { signal: AbortSignal.timeout(50) })
    expect(await failure(aborted)).toHaveProperty('name', 'TimeoutError')
    expect(closed).toBe(1)
  },
)

test(
  'a grace does not end a thread that has answered while this one was busy',
  OPTIONS,
  async () => {
    const pool = makePool({ threads: 1, grace: 50 })
    const thread = await pool.run('threadAfter', 0)
    const held = new Words()
    const controller = new AbortController()
    const aborted = failure(pool.run('spin', held, { signal: controller.signal }))
    await held.started()
    await new Promise(setImmediate) // from here timers come before messages
    controller.abort()
    busyUntil(() => held.ends === 1)
    expect(await aborted).toHaveProperty('name', 'AbortError')
    expect(await pool.run('threadAfter', 0)).toBe(thread)
  },
)

test('a timeout does not end what was answered while this thread was busy', OPTIONS, async () => {
  const pool = makePool({ threads: 1 })
  await pool.warmUp()
  const held = new Words()
  const task = { words: held.words, milliseconds: 0, blocks: false }
  await new Promise(setImmediate) // from here timers come before messages
  const output = pool.run('busyOrBlocked', task, { timeout: 50 })
  busyUntil(() => held.starts === 1)
  expect(await output).toBe(0)
})

test('a map that times out rejects as a whole', OPTIONS, async () => {
  const held = new Words()
  const error = await failure(makePool().map('spin', Array(10).fill(held), { timeout: 200 }))
  expect(error).toBeInstanceOf(TaskTimeoutError)
  expect(error.message).toContain("'spin' timed out")
  expect(held.ends).toBe(held.starts)
})

/** Holds this thread until a task has come so far, its answer is here, and its limit is over. */
function busyUntil(isSo: () => boolean): void {
  while (!isSo());
  const end = performance.now() + 200
  while (performance.now() < end);
}
