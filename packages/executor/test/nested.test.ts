/** Calls made inside a function of the same executor: refused if they could never start, else run. */
import { setTimeout as pause } from 'node:timers/promises'
import { failure, turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { DeadlockError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

async function refused(promise: Promise<unknown>): Promise<void> {
  const error = await failure(promise)
  expect(error).toBeInstanceOf(DeadlockError)
  expect(error.code).toBe('ERR_THREEPLY_DEADLOCK')
}

describe('what could never start is refused', () => {
  test('a run that is returned, and one that is awaited', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const inner = async () => 'inner'
    await refused(executor.run(() => executor.run(inner)))
    const error = await failure(executor.run(async () => `${await executor.run(inner)}!`))
    expect(error.message).toMatch(/^'inner' was refused: .*limit of 1 .*`reentrant: true`/)
    expect(await executor.run(inner)).toBe('inner')
    await executor.onIdle()
  })

  test.each([1, 3])('a map in a map, by %d', async (concurrency) => {
    const executor = new AsyncExecutor({ concurrency })
    const double = async (input: number) => input * 2
    await refused(executor.map([1, 2, 3, 4], () => executor.map([1, 2], double)))
    const results = await executor.mapSettled(new Array(concurrency).keys(), async () => {
      await turns(2)
      return Promise.all([1, 2].map(async (input) => executor.run(() => double(input))))
    })
    for (const result of results)
      expect(result).toHaveProperty('reason.code', 'ERR_THREEPLY_DEADLOCK')
    await executor.onIdle()
  })

  test('the output of a stream', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    await refused(
      executor.run(async () => {
        for await (const output of executor.stream([1], (input) => input)) return output
        return undefined
      }),
    )
  })

  test('also when it is awaited late', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    await refused(
      executor.run(async () => {
        const inner = executor.run(() => 'inner')
        await pause(60)
        return inner
      }),
    )
  })

  test('a chain of two executors that comes back', async () => {
    const a = new AsyncExecutor({ concurrency: 1 })
    const b = new AsyncExecutor({ concurrency: 4 })
    await refused(a.run(() => b.run(() => a.run(() => 'inner'))))
    expect(await a.run(() => b.run(() => 'inner'))).toBe('inner')
  })

  test('two that wait for each other, from both sides', async () => {
    const a = new AsyncExecutor({ concurrency: 1 })
    const b = new AsyncExecutor({ concurrency: 1 })
    const [left, right] = await Promise.allSettled([
      a.run(async () => {
        await turns(2)
        return b.run(() => 'left')
      }),
      b.run(async () => {
        await turns(2)
        return a.run(() => 'right')
      }),
    ])
    expect(left).toHaveProperty('reason.code', 'ERR_THREEPLY_DEADLOCK')
    expect(right).toHaveProperty('reason.code', 'ERR_THREEPLY_DEADLOCK')
  })

  test('one whose key is held by its caller', async () => {
    const executor = new AsyncExecutor({ concurrency: 8, keyConcurrency: 1 })
    const key = 'host'
    await refused(executor.run(() => executor.run(() => 'inner', { key }), { key }))
    expect(await executor.run(() => executor.run(() => 'inner', { key: 'other' }), { key })).toBe(
      'inner',
    )
  })

  test('one that is heavier than what its caller leaves', async () => {
    const executor = new AsyncExecutor({ concurrency: 3 })
    await refused(executor.run(() => executor.run(() => 'inner', { weight: 3 })))
    expect(await executor.run(() => executor.run(() => 'inner', { weight: 2 }))).toBe('inner')
  })
})

describe('what is refused', () => {
  test('is found though another executor goes on and on', async () => {
    const busy = new AsyncExecutor({ concurrency: 1 })
    const executor = new AsyncExecutor({ concurrency: 1 })
    let isOver = false
    const others = busy.run(async function again(): Promise<void> {
      if (!isOver) void busy.run(again)
      await pause(1)
    })
    await refused(executor.run(() => executor.run(() => 'inner')))
    isOver = true
    await others
    await busy.onIdle()
  })

  test('is looked for a few times in all, however long a queue waits', {
    timeout: 20_000,
  }, async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const calls = Array.from({ length: 65 }, (_, index) =>
      executor.run(() => (index < 15 ? pause(130) : undefined)),
    )
    const looks = countLooks()
    await Promise.all(calls) // some 40 ticks, with a start in every third
    looks.stop()
    expect(looks.count).toBeGreaterThanOrEqual(calls.length - 1)
    expect(looks.count).toBeLessThanOrEqual(calls.length * 7) // after 1, 2, 4, … 64 ticks at most
  })
})

/** Each look reads a stack through a function of its own. */
function countLooks() {
  const looks = { count: 0, stop: () => Reflect.deleteProperty(Error, 'prepareStackTrace') }
  let prepare: unknown
  Object.defineProperty(Error, 'prepareStackTrace', {
    configurable: true,
    get: () => prepare,
    set(value: unknown) {
      if (value !== undefined) looks.count += 1
      prepare = value
    },
  })
  return looks
}

describe('what starts later is not', () => {
  test('a call that its function does not wait for', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const left: Promise<string>[] = []
    await executor.run(async () => {
      left.push(executor.run(async () => 'later'))
      await pause(60)
    })
    expect(await Promise.all(left)).toEqual(['later'])
  })

  test('one that a helper waits for, while all functions do something else', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const visited: number[] = []
    const failed: unknown[] = []
    const schedule = async (depth: number): Promise<void> => {
      try {
        await executor.run(() => visit(depth))
      } catch (error) {
        failed.push(error)
      }
    }
    const visit = async (depth: number): Promise<void> => {
      visited.push(depth)
      if (depth < 3) for (let link = 0; link < 2; link += 1) void schedule(depth + 1)
      await pause(25)
    }
    await Promise.all([schedule(0), schedule(0)])
    await executor.onIdle()
    expect(failed).toEqual([])
    expect(visited).toHaveLength(2 + 4 + 8 + 16)
  })

  test('one that waits for a slot that gets free', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const gate = new Gate()
    const other = executor.run(() => gate.wait('other'))
    const outer = executor.run(() => executor.run(() => 'inner'))
    await pause(60)
    gate.open()
    expect(await Promise.all([other, outer])).toEqual(['other', 'inner'])
  })

  test('one that is called in the input of a map', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const inputs = async function* () {
      for (const input of [1, 2]) yield await executor.run(async () => input)
    }
    expect(await executor.map(inputs(), async (input) => input * 2)).toEqual([2, 4])
  })

  test('whatever it gives is given, though it was looked at', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const gate = new Gate()
    const mine = new Error('mine')
    const outer = executor.run(async () => {
      const inner = [
        executor.run(() => gate.wait('inner')),
        executor.run(() => gate.wait('inner').then(() => Promise.reject(mine))),
        executor.map([1], (input) => gate.wait(input)),
      ]
      const results = Promise.allSettled(inner)
      await pause(60)
      gate.open()
      return results
    })
    expect(await outer).toEqual([
      { status: 'fulfilled', value: 'inner' },
      { status: 'rejected', reason: mine },
      { status: 'fulfilled', value: [1] },
    ])
  })
})

describe('reentrant: true', () => {
  test('serves them, however deep', async () => {
    const executor = new AsyncExecutor({ concurrency: 1, reentrant: true })
    const depth = (left: number): Promise<number> =>
      executor.run(async () => (left === 0 ? 0 : 1 + (await depth(left - 1))))
    expect(await depth(20)).toBe(20)
    const sums = await executor.map([1, 2, 3], async (input) => {
      const inner = await executor.map([1, 2], (factor) => input * factor)
      return inner.reduce((left, right) => left + right)
    })
    expect(sums).toEqual([3, 6, 9])
    await executor.onIdle()
    expect(executor.running).toBe(0)
  })

  test('keeps the limit at each depth', async () => {
    const executor = new AsyncExecutor({ concurrency: 2, reentrant: true })
    let running = 0
    let peak = 0
    await executor.map([1, 2, 3, 4], () =>
      executor.forEach([1, 2, 3, 4], async () => {
        running += 1
        peak = Math.max(peak, running)
        await turns(1)
        running -= 1
      }),
    )
    expect(peak).toBe(2)
  })

  test('pause, a new limit and destroy reach them', async () => {
    const executor = new AsyncExecutor({ concurrency: 1, reentrant: true })
    const gate = new Gate()
    let inner = 0
    const outer = executor.run(async () => {
      await gate.wait(undefined)
      await executor.map([1, 2, 3], async () => {
        inner += 1
        await new Promise(() => {})
      })
    })
    executor.pause()
    gate.open()
    await turns()
    expect(inner).toBe(0)
    executor.resume()
    await until(() => inner === 1, 'one to start')
    executor.concurrency = 3
    await until(() => inner === 3, 'all to start')
    expect(executor.running).toBe(4)
    const failed = failure(outer)
    await executor.destroy()
    expect((await failed).code).toBe('ERR_THREEPLY_CLOSED')
  })
})
