/** `queueLimit` in one burst: what can start at once is let pass, and no more than may wait. */
import { until } from '@threeply/conformance'
import { AsyncExecutor, type AsyncExecutorOptions, type RateOptions } from '@threeply/executor'
import { describe, expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

/** How many of a burst run, wait and are refused, of each key. */
async function burst(options: Omit<AsyncExecutorOptions, 'concurrency'>, keys: readonly unknown[]) {
  const executor = new AsyncExecutor({ concurrency: 9, ...options })
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
})

describe('keyConcurrency', () => {
  test.each([0, 1, 3])('of one key, and a limit of %d', async (queueLimit) => {
    const expected = { running: 2, waiting: queueLimit }
    expect(await burst({ queueLimit, keyConcurrency: 2 }, Array(8).fill('a'))).toEqual(expected)
  })

  test('what waits for one key keeps no room from another', async () => {
    const keys = ['a', 'a', 'a', 'b', 'b', 'a', undefined, 'c']
    const expected = { running: 4, waiting: 2 } // the second and third of a; then nothing may wait
    expect(await burst({ queueLimit: 2, keyConcurrency: 1 }, keys)).toEqual(expected)
  })
})
