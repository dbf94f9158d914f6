/** A thread that dies takes with it what it was running, and nothing else. */
import { once } from 'node:events'
import { MetricsRegistry } from '@threeply/metrics'
import { ThreadExitError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { failure, makePool, totals, Words } from './pools.ts'

describe('what ran on a thread that died', { timeout: 60_000 }, () => {
  test('rejects with the exit code, and names the task and the thread', async () => {
    const pool = makePool()
    const error = await failure(pool.run('exit', 7))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_THREAD_EXIT', exitCode: 7 })
    expect(error.message).toMatch(/^thread \d+ exited with code 7 while running 'exit'\. Other/)
    expect(error.task).toEqual({ name: 'exit', thread: expect.any(Number) })
  })

  test('rejects with the very error that ended the thread as its cause', async () => {
    const error = await failure(makePool().run('rejectLater'))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(error.cause).toMatchObject({ message: 'left behind', place: 7 })
    expect(error.message).toContain('exited with code 1 (RangeError: left behind) while running')
  })

  test('rejects when it ran out of memory, and the pool goes on', async () => {
    const pool = makePool({ threads: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } })
    const error = await failure(pool.run('exhaustMemory'))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(error.cause).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' })
    expect(error.message).toMatch(/out of memory.*by `resourceLimits`\.$/)
    expect(await pool.run('double', 4)).toBe(8)
  })

  test('warns when there was none, since nobody has a promise that tells', async () => {
    const pool = makePool({ threads: 1 })
    const thread = await pool.run('thread')
    const warned = once(process, 'warning')
    expect(await pool.run('throwLater')).toBe('done')
    const [warning] = await warned
    expect(warning).toMatchObject({ name: 'ThreeplyWarning', cause: { message: 'left behind' } })
    expect(warning.message).toContain(
      `thread ${thread} exited with code 1 (RangeError: left behind)`,
    )
    expect(await pool.run('double', 4)).toBe(8)
  })

  test('ends its map when what runs of that has ended, and is counted once like the others', async () => {
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: 2, metrics })
    await pool.warmUp()
    const held = Array.from({ length: 6 }, () => new Words())
    const inputs = held.map(({ words }, nth) => {
      return nth === 0 ? { words, sibling: held[3]!.words } : { words }
    })
    const error = await failure(pool.map('exitOrSpin', inputs, { chunkSize: 3 }))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(held.slice(3).map(({ starts, ends }) => starts - ends)).toEqual([0, 0, 0])
    await pool.close()
    expect(totals(metrics)).toEqual({ submitted: 6, settled: 6, waiting: 0 })
  })

  test('takes outputs with it that waited for it, and says so', async () => {
    const pool = makePool({ threads: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } })
    const [before, exhausting] = await pool.mapSettled('exhaustIf', [false, true], { chunkSize: 2 })
    expect(before).toMatchObject({
      reason: {
        code: 'ERR_THREEPLY_THREAD_EXIT',
        message: expect.stringMatching(/while its output of 'exhaustIf' waited/),
      },
    })
    expect(exhausting).toMatchObject({
      reason: { message: expect.stringMatching(/while running 'exhaustIf'/) },
    })
    expect(await pool.run('double', 4)).toBe(8)
  })

  test('is run again when it is idempotent', async () => {
    const { words } = new Words()
    const pool = makePool({ threads: 1 })
    expect(await pool.run('exitUntil', { words, times: 3 }, { idempotent: true })).toBe(3)
  })

  test('is run three times at most, and rejects with the last error', async () => {
    const held = new Words()
    const pool = makePool({ threads: 1 })
    const input = { words: held.words, times: 9 }
    const error = await failure(pool.run('exitUntil', input, { idempotent: true }))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(error.message).toContain('was run 3 times')
    expect(held.starts).toBe(3)
  })

  test('is not run again unless it is idempotent', async () => {
    const held = new Words()
    await failure(makePool().run('exitUntil', { words: held.words, times: 2 }))
    expect(held.starts).toBe(1)
  })

  test('makes a map reject with the index, or is run again in it', async () => {
    const pool = makePool({ threads: 1 })
    const inputs = [false, false, true, false].map((exits) => ({ exits }))
    const error = await failure(pool.map('finishThenExit', inputs))
    expect(error).toBeInstanceOf(ThreadExitError)
    expect(error.task).toMatchObject({ name: 'finishThenExit', index: 2 })
    const { words } = new Words()
    const retried = Array.from({ length: 3 }, () => ({ words, times: 2 }))
    const outputs = await pool.map('exitUntil', retried, { idempotent: true })
    expect(outputs.sort()).toEqual([2, 3, 4])
  })
})

describe('what had not started on a thread that died', { timeout: 60_000 }, () => {
  test('is run by another, once', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const exits = Array.from({ length: 5 }, () => failure(pool.run('exit', 5)))
    const others = Array.from({ length: 50 }, () => pool.run('countStart', { words: held.words }))
    const seen = await Promise.all(others)
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    for (const error of await Promise.all(exits)) expect(error.exitCode).toBe(5)
  })

  test('is not held to account for those that it travelled with', async () => {
    const pool = makePool({ threads: 1 })
    await warmUp(pool)
    const runs = Array.from({ length: 30 }, (_, index) =>
      pool.run('finishThenExit', { exits: index < 6 }),
    )
    const outcomes = await Promise.allSettled(runs)
    const statuses = outcomes.map(({ status }) => status)
    expect(statuses).toEqual([...Array(6).fill('rejected'), ...Array(24).fill('fulfilled')])
  })

  test('outputs that were finished before in the same chunk arrive', async () => {
    const pool = makePool({ threads: 1 })
    await warmUp(pool)
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          pool.run('finishThenExit', { exits: index === 15 }),
        ),
      )
      const statuses = outcomes.map(({ status }) => status)
      expect(statuses.indexOf('rejected')).toBe(15)
      expect(statuses.lastIndexOf('rejected')).toBe(15)
    }
  })
})

/** Makes known that the task is quick, so that its inputs travel together. */
async function warmUp(pool: ReturnType<typeof makePool>): Promise<void> {
  const inputs = Array.from({ length: 2_000 }, () => ({ exits: false }))
  await pool.map('finishThenExit', inputs)
}
