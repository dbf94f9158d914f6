/** `reentrant: true` beside all else that says what may start. */
import { setImmediate as turn } from 'node:timers/promises'
import { failure, turns, until, watch } from '@threeply/conformance'
import {
  type AdaptiveLimit,
  AsyncExecutor,
  type AsyncExecutorOptions,
  Gradient2Limit,
} from '@threeply/executor'
import { ClosedError } from '@threeply/task'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Gate } from './fixtures/gate.ts'

afterEach(() => {
  vi.useRealTimers()
})

const make = (options: Omit<AsyncExecutorOptions, 'concurrency'> = {}, concurrency = 2) =>
  new AsyncExecutor({ concurrency, reentrant: true, ...options })

/** The most that ran at the same time, at each depth. */
class Peaks {
  readonly #running: number[] = []
  readonly at: number[] = []

  async count<Output>(depth: number, weight: number, body: () => Promise<Output>): Promise<Output> {
    const running = (this.#running[depth] ?? 0) + weight
    this.#running[depth] = running
    this.at[depth] = Math.max(this.at[depth] ?? 0, running)
    await turn()
    try {
      return await body()
    } finally {
      this.#running[depth]! -= weight
    }
  }
}

describe('adaptive', () => {
  test('the limit holds at each depth, wherever it moves to, and each depth moves it', async () => {
    const limit: AdaptiveLimit = {
      limit: 1,
      onSample() {
        this.limit = Math.min(4, this.limit + 0.25)
      },
    }
    const executor = make({ adaptive: limit }, 1)
    const peaks = new Peaks()
    await executor.map(Array(12).keys(), () =>
      peaks.count(0, 1, () =>
        executor.forEach(Array(3).keys(), () =>
          peaks.count(1, 1, () => {
            expect(executor.concurrency).toBe(Math.floor(limit.limit))
            return Promise.resolve()
          }),
        ),
      ),
    )
    expect(executor.concurrency).toBe(4)
    expect(peaks.at).toEqual([4, 4])
  })

  test('a limit that goes by run times is not led astray by functions that wait for inner ones', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const executor = make({ adaptive: new Gradient2Limit({ max: 64 }) }, 8)
    const end = performance.now() + 4_000
    function* endless() {
      while (performance.now() < end) yield 1
    }
    // Nothing that they call gets slower, so the limit has no reason to shrink.
    const leaf = () => new Promise((resolve) => setTimeout(resolve, 10))
    const done = executor.forEach(endless(), () => executor.forEach(Array(4).keys(), leaf))
    await vi.advanceTimersByTimeAsync(5_000)
    await done
    expect(executor.concurrency).toBe(64)
  })
})

describe('weight', () => {
  test('counts at its own depth: an inner one may take all slots', async () => {
    const executor = make({}, 3)
    const peaks = new Peaks()
    const inner = (weight: number) =>
      executor.run(() => peaks.count(1, weight, () => Promise.resolve(weight)), { weight })
    const outer = (weight: number) =>
      executor.run(
        () => peaks.count(0, weight, () => Promise.all([inner(3), inner(1), inner(2)])),
        { weight },
      )
    const outputs = await Promise.all([outer(3), outer(2), outer(1), outer(1)])
    expect(outputs).toEqual(Array(4).fill([3, 1, 2]))
    expect(peaks.at).toEqual([3, 3])
  })

  test('of more than the limit is refused at each depth', async () => {
    const executor = make({}, 2)
    const error = await failure(executor.run(() => executor.run(() => 1, { weight: 3 })))
    expect(error).toHaveProperty('option', 'weight')
  })
})

describe('key', () => {
  test('has slots of its own at each depth: a call of the same key is served', async () => {
    const executor = make({ keyConcurrency: 1 }, 8)
    const peaks = new Peaks()
    const key = 'host'
    const visit = (depth: number): Promise<number> =>
      executor.run(
        () =>
          peaks.count(depth, 1, async () => {
            if (depth === 2) return 1
            const below = await Promise.all([visit(depth + 1), visit(depth + 1)])
            return below.reduce((left, right) => left + right)
          }),
        { key },
      )
    expect(await Promise.all([visit(0), visit(0)])).toEqual([4, 4])
    expect(peaks.at).toEqual([1, 1, 1])
  })
})

describe('rate', () => {
  test('is one for all depths, and all of them get on', async () => {
    const interval = 20
    const executor = make({ rate: { limit: 3, interval } })
    const begin = performance.now()
    let starts = 0
    await executor.forEach(Array(4).keys(), async () => {
      starts += 1
      await executor.forEach([1, 2], async () => {
        starts += 1
        await executor.run(() => (starts += 1))
      })
    })
    expect(starts).toBe(4 + 8 + 8)
    expect(performance.now() - begin).toBeGreaterThanOrEqual(Math.floor(19 / 3) * interval)
  })
})

test('keys, weights and a rate together: all is served, and all limits hold', async () => {
  const executor = make({ keyConcurrency: 2, rate: { limit: 5, interval: 2 } }, 4)
  const peaks = new Peaks()
  const visit = (depth: number, place: number): Promise<number> => {
    const weight = 1 + (place % 3)
    const body = async () => {
      if (depth === 3) return 1
      const below = await Promise.all([visit(depth + 1, place + 1), visit(depth + 1, place + 2)])
      return below.reduce((left, right) => left + right)
    }
    const options = { weight, key: place % 4, priority: place % 2 }
    return executor.run(() => peaks.count(depth, weight, body), options)
  }
  expect(await Promise.all([0, 1, 2, 3].map((place) => visit(0, place)))).toEqual([8, 8, 8, 8])
  expect(Math.max(...peaks.at)).toBeLessThanOrEqual(4)
  await executor.onIdle()
})

describe('onSizeBelow', () => {
  test('inside is about the calls that wait there: a producer gets on', async () => {
    const executor = make({}, 1)
    let longest = 0
    const producer = executor.run(async () => {
      const calls: Promise<unknown>[] = []
      for (let input = 0; input < 20; input += 1) {
        await executor.onSizeBelow(3)
        calls.push(executor.run(() => turn()))
        longest = Math.max(longest, executor.waiting - 10)
      }
      await Promise.all(calls)
    })
    const others = Array.from({ length: 10 }, () => executor.run(() => 1)) // they wait for it
    await Promise.all([producer, ...others])
    expect(longest).toBe(3)
  })
})

describe('close', () => {
  test('takes the calls that accepted functions make, and waits for them', async () => {
    const executor = make()
    const gate = new Gate()
    const outer = executor.run(async () => {
      await gate.wait(undefined)
      const outputs: unknown[] = [await executor.run(() => executor.map([1], (input) => input))]
      for await (const output of executor.stream([2], (input) => input)) outputs.push(output)
      outputs.push(await executor.wrap((input: number) => input)(3))
      return outputs
    })
    await until(() => executor.running === 1, 'it to start')
    const closed = watch(executor.close())
    expect(await failure(executor.run(() => 'from outside'))).toBeInstanceOf(ClosedError)
    await turns()
    expect(closed.settled).toBe(false)
    gate.open()
    expect(await outer).toEqual([[1], 2, 3])
    await until(() => closed.settled, 'it to close')
  })

  test('takes none of what comes when all has ended', async () => {
    const executor = make()
    const gate = new Gate()
    let late: Promise<unknown> | undefined
    await executor.run(() => {
      late = gate.wait(undefined).then(() => executor.run(() => 'late'))
    })
    await executor.close()
    gate.open()
    expect(await failure(late!)).toBeInstanceOf(ClosedError)
  })

  test('destroy takes none at all', async () => {
    const executor = make()
    const gate = new Gate()
    let inner: Promise<unknown> | undefined
    const outer = executor.run(async () => {
      await gate.wait(undefined)
      inner = failure(executor.run(() => 'inner'))
    })
    await until(() => executor.running === 1, 'it to start')
    const destroyed = failure(outer)
    await executor.destroy()
    gate.open()
    await until(() => inner !== undefined, 'the inner call')
    expect([await destroyed, await inner]).toEqual([
      expect.any(ClosedError),
      expect.any(ClosedError),
    ])
  })
})
