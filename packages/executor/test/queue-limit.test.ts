/** `queueLimit` in one burst: what can start at once is let pass, and no more than may wait. */
import { until } from '@threeply/conformance'
import { AsyncExecutor, type AsyncExecutorOptions, type RateOptions } from '@threeply/executor'
import { describe, expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

type Options = Omit<AsyncExecutorOptions, 'concurrency'>

/** How many of a burst run and wait, after a smaller one of `before` calls, which has ended. */
async function burst(options: Options, keys: readonly unknown[], before = 0) {
  const executor = new AsyncExecutor({ concurrency: 9, ...options })
  const earlier = keys.slice(0, before).map((key) => executor.run(() => key, { key }))
  await Promise.allSettled(earlier)
  const gate = new Gate()
  const refused: unknown[] = []
  const calls = keys.map((key) =>
    executor.run(() => gate.wait(key), { key }).catch(() => refused.push(key)),
  )
  const isDone = () => executor.running + executor.waiting + refused.length === keys.length
  await until(isDone, 'all to have started, or wait')
  await new Promise((resolve) => setImmediate(resolve))
  const { running, waiting } = executor
  gate.open()
  await executor.destroy()
  await Promise.all(calls)
  return { running, waiting }
}

const interval = 3_600_000

describe.each<[string, RateOptions]>([
  ['sliding', { limit: 2, interval }],
  ['fixed', { limit: 2, interval, window: 'fixed' }],
  ['burst', { limit: 1, interval, burst: 2 }],
])('a rate, %s', (_kind, rate) => {
  test.each([0, 1, 3])('and a limit of %d', async (queueLimit) => {
    const expected = { running: 2, waiting: queueLimit }
    expect(await burst({ queueLimit, rate }, Array(8).fill(undefined))).toEqual(expected)
  })

  test('part of which is used up', async () => {
    const expected = { running: 1, waiting: 1 }
    expect(await burst({ queueLimit: 1, rate }, Array(8).fill(undefined), 1)).toEqual(expected)
  })
})

describe('keyConcurrency', () => {
  test.each([0, 1, 3])('of one key, and a limit of %d', async (queueLimit) => {
    const expected = { running: 2, waiting: queueLimit }
    expect(await burst({ queueLimit, keyConcurrency: 2 }, Array(8).fill('a'))).toEqual(expected)
  })

  test('however many of it have run', async () => {
    const expected = { running: 2, waiting: 1 }
    const options = { queueLimit: 1, keyConcurrency: 2 }
    expect(await burst(options, Array(8).fill('a'), 5)).toEqual(expected)
  })

  test('what waits for one key keeps no room from another', async () => {
    const keys = ['a', 'a', 'a', 'b', 'b', 'a', undefined, 'c']
    const expected = { running: 4, waiting: 2 } // the second and third of a; then nothing may wait
    expect(await burst({ queueLimit: 2, keyConcurrency: 1 }, keys)).toEqual(expected)
  })
})
