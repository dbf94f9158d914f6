/** A broadcast runs once on each thread. */
import { ClosedError, TaskModuleError, ThreadExitError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, makePool, Words } from './pools.ts'

describe('broadcast', { timeout: 60_000 }, () => {
  test('runs once on each thread, those that have to start included', async () => {
    const pool = makePool({ threads: { min: 1, max: 3 } })
    for (let round = 0; round < 5; round += 1) {
      expect(new Set(await pool.broadcast('thread')).size).toBe(3)
    }
  })

  test('gives one output a thread', async () => {
    expect(await makePool({ threads: 3 }).broadcast('double', 21)).toEqual([42, 42, 42])
  })

  test('waits for a busy thread, however many others are free', async () => {
    const pool = makePool({ threads: 2 })
    const held = new Words()
    const blocked = pool.run('block', held)
    await held.started()
    let isOver = false
    const broadcast = pool.broadcast('thread').finally(() => {
      isOver = true
    })
    await pool.map('double', [1, 2, 3])
    expect(isOver).toBe(false)
    held.release()
    expect(new Set(await broadcast).size).toBe(2)
    expect(await blocked).toBe('released')
  })

  test('takes part in the queue with others, and loses none', async () => {
    const pool = makePool({ threads: 2 })
    const words = new Words()
    const inputs = Array.from({ length: 2_000 }, (_, index) => index)
    const mapped = pool.map('double', inputs)
    const counted = Array.from({ length: 20 }, () => pool.broadcast('countStart', words))
    for (const outputs of await Promise.all(counted)) expect(outputs).toHaveLength(2)
    expect(words.starts).toBe(40)
    expect(await mapped).toEqual(inputs.map((input) => 2 * input))
  })

  test('fails when one fails, after the others have run', async () => {
    const words = new Words()
    const error = await failure(makePool({ threads: 3 }).broadcast('throwAfterStart', words))
    expect(error.message).toBe('started')
    expect(words.starts).toBe(3)
  })

  test('goes on to the successor when a thread dies before it', async () => {
    const pool = makePool({ threads: 2 })
    const held = new Words()
    const controller = new AbortController()
    const { signal } = controller
    const looping = failure(pool.run('loopForEver', held, { signal, grace: 50 }))
    await held.started()
    controller.abort()
    expect(new Set(await pool.broadcast('thread')).size).toBe(2)
    await looping
  })

  test('fails when its own thread dies of it', async () => {
    const error = await failure(makePool({ threads: 2 }).broadcast('exit', 3))
    expect(error).toBeInstanceOf(ThreadExitError)
  })

  test('fails when a thread cannot start', async () => {
    const pool = makePool({}, new URL('./fixtures/throws-at-load.ts', import.meta.url))
    expect(await failure(pool.broadcast('double', 1))).toBeInstanceOf(TaskModuleError)
    await pool.close()
  })

  test('is cancelled while it waits', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const blocked = pool.run('block', held)
    await held.started()
    const controller = new AbortController()
    const { signal } = controller
    const cancelled = failure(pool.broadcast('thread', undefined, { signal }))
    controller.abort(new RangeError('mine'))
    expect(await cancelled).toMatchObject({ message: 'mine' })
    held.release()
    await blocked
    expect(await pool.broadcast('double', 2)).toEqual([4])
  })

  test('is refused by a closed pool, and rejected by one that is destroyed', async () => {
    const pool = makePool({ threads: 2 })
    const waiting = failure(pool.broadcast('double', 1))
    await pool.destroy()
    expect(await waiting).toBeInstanceOf(ClosedError)
    expect(await failure(pool.broadcast('double', 1))).toBeInstanceOf(ClosedError)
  })

  test('has nothing to move', async () => {
    const options = { transfer: [new ArrayBuffer(1)] } as object
    const error = await failure(makePool().broadcast('echo', 1, options))
    expect(error.code).toBe('ERR_THREEPLY_INVALID_OPTION')
  })
})

test('a broadcast counts in the queueLimit as a task for each thread', {
  timeout: 60_000,
}, async () => {
  const pool = makePool({ threads: 2, queueLimit: 3 })
  const held = new Words()
  const running = [pool.run('block', held), pool.run('block', held)]
  await held.started(2)
  const waiting = pool.run('double', 1)
  const all = pool.broadcast('double', 2)
  expect(await failure(pool.run('double', 3))).toMatchObject({ code: 'ERR_THREEPLY_QUEUE_FULL' })
  held.release()
  expect(await Promise.all([waiting, all])).toEqual([2, [4, 4]])
  await Promise.all(running)
})
