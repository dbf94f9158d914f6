/** Everything at once, at random, for a moment: each promise settles once, with the right outcome. */
import { getEventListeners } from 'node:events'
import { MetricsRegistry } from '@threeply/metrics'
import { expect, test } from 'vitest'
import { ForkJoinPool } from '../src/index.ts'
import { TASKS, type Tasks, Words } from './pools.ts'
import { randomOf } from './random.ts'

const CALLS = 400
const SEEDS = [1, 2, 3, 4]

/** What a call may settle as. */
type Expected = (outcome: PromiseSettledResult<unknown>) => boolean

test.each(SEEDS)('seed %i', { timeout: 120_000 }, async (seed) => {
  const random = randomOf(seed)
  const metrics = new MetricsRegistry()
  const pool = new ForkJoinPool<Tasks>(TASKS, { threads: 2, grace: 10, metrics })
  const { signal } = new AbortController()
  const closesAt = random.below(2) === 0 ? CALLS : random.below(CALLS)
  let closed: Promise<void> | undefined
  const settlements: { what: string; times: number; outcome: unknown; isRight: boolean }[] = []

  const watch = (what: string, promise: Promise<unknown>, isRight: Expected) => {
    const settlement = { what, times: 0, outcome: undefined as unknown, isRight: false }
    settlements.push(settlement)
    const settle = (outcome: PromiseSettledResult<unknown>) => {
      settlement.times += 1
      settlement.outcome = outcome
      settlement.isRight = isRight(outcome) || (closed !== undefined && hasCode('CLOSED')(outcome))
    }
    return promise.then(
      (value) => settle({ status: 'fulfilled', value }),
      (reason) => settle({ status: 'rejected', reason }),
    )
  }

  const submit = (call: number): Promise<void> => {
    switch (random.below(16)) {
      case 0:
        return watch('throw', pool.run('throwIfOdd', 1), hasMessage('1 is odd'))
      case 1:
        return watch('exit', pool.run('exit', 5), hasCode('THREAD_EXIT'))
      case 2: {
        const loop = pool.run('loopForEver', new Words(), { timeout: 20 })
        return watch('loop', loop, hasCode('TIMEOUT'))
      }
      case 3:
        return watch('uncloneable', pool.run('giveFunctionIf', 1), hasCode('SERIALIZATION'))
      case 4:
        return watch(
          'unsendable',
          pool.run('echo', () => {}),
          hasCode('SERIALIZATION'),
        )
      case 5: {
        const controller = new AbortController()
        const output = pool.run('echo', call, { signal: controller.signal })
        setTimeout(() => controller.abort('mine'), random.below(20))
        return watch('abort', output, (one) => isOutput(call)(one) || isReason('mine')(one))
      }
      case 6: {
        const input = { words: new Words().words, times: 2 }
        return watch('retry', pool.run('exitUntil', input, { idempotent: true }), isOutput(2))
      }
      case 7: {
        const inputs = Array.from({ length: random.below(300) }, (_, index) => index)
        // It shares its threads with tasks that end them, so it may be killed with one.
        const mapped = pool.map('double', inputs, { idempotent: true, signal })
        return watch('map', mapped, (one) => isOutput(inputs.map((input) => 2 * input))(one))
      }
      case 8:
        return watch(
          'scope',
          pool.scope(({ fork }) => {
            void fork('spin', new Words())
            void fork('throwIfOdd', 3)
          }),
          (one) => hasMessage('3 is odd')(one) || hasCode('THREAD_EXIT')(one),
        )
      // On threads that others end.
      case 9:
        return watch('tree', pool.run('tree', { depth: 5, leaf: 'echo', input: 1 }), (one) => {
          return isOutput(32)(one) || hasCode('THREAD_EXIT')(one)
        })
      case 10: {
        const input = { depth: 3, leaf: 'throwIfOdd', input: 1 }
        return watch('tree that fails', pool.run('tree', input), (one) => {
          return hasMessage('1 is odd')(one) || hasCode('THREAD_EXIT')(one)
        })
      }
      case 11: {
        const input = { depth: 3, leaf: 'exit', input: 4 }
        return watch('tree that exits', pool.run('tree', input), hasCode('THREAD_EXIT'))
      }
      case 12: {
        const input = { depth: 4, leaf: 'spin', input: new Words() }
        const loops = pool.run('tree', input, { timeout: random.below(40) })
        return watch('tree in time', loops, (one) => {
          return hasCode('TIMEOUT')(one) || hasCode('THREAD_EXIT')(one)
        })
      }
      default: {
        const output = pool.run('echoAsync', { call }, { idempotent: true, signal })
        return watch('echo', output, isOutput({ call }))
      }
    }
  }

  const calls: Promise<void>[] = []
  for (let call = 0; call < CALLS; call += 1) {
    if (call === closesAt) closed = random.below(2) === 0 ? pool.close() : pool.destroy()
    calls.push(submit(call))
    if (random.below(20) === 0)
      await new Promise((resolve) => setTimeout(resolve, random.below(30)))
  }
  await Promise.all(calls)
  await (closed ?? pool.close())

  expect(settlements.filter(({ times, isRight }) => times !== 1 || !isRight)).toEqual([])
  expect(settlements).toHaveLength(CALLS)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  const left = metrics
    .snapshot()
    .series.filter(({ name }) => /threeply_(threads|tasks_waiting|tasks_running)$/.test(name))
  expect(left.map(({ name, value }) => [name, value])).toEqual(left.map(({ name }) => [name, 0]))
})

function isOutput(expected: unknown): Expected {
  return (outcome) =>
    outcome.status === 'fulfilled' && JSON.stringify(outcome.value) === JSON.stringify(expected)
}

function isReason(expected: unknown): Expected {
  return (outcome) => outcome.status === 'rejected' && outcome.reason === expected
}

function hasCode(code: string): Expected {
  return ({ status, ...outcome }) =>
    status === 'rejected' &&
    (outcome as PromiseRejectedResult).reason?.code === `ERR_THREEPLY_${code}`
}

function hasMessage(message: string): Expected {
  return ({ status, ...outcome }) =>
    status === 'rejected' && (outcome as PromiseRejectedResult).reason?.message === message
}
