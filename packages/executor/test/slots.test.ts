/** How many slots a function takes: more if it is heavy, none if it was released; and limits by key. */
import { failure, turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { MetricsRegistry } from '@threeply/metrics'
import { InvalidOptionError, TaskTimeoutError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

describe('weight', () => {
  test('a heavy one waits until it has its slots, and nothing overtakes it', async () => {
    const executor = new AsyncExecutor({ concurrency: 3 })
    const gates = { a: new Gate(), b: new Gate(), heavy: new Gate(), light: new Gate() }
    const started: string[] = []
    const run = (name: keyof typeof gates, weight = 1) =>
      executor.run(
        () => {
          started.push(name)
          return gates[name].wait(name)
        },
        { weight },
      )
    const calls = [run('a'), run('b'), run('heavy', 3), run('light')]
    await until(() => started.length === 2, 'two to start')
    await turns()
    expect(started).toEqual(['a', 'b'])
    gates.a.open()
    await turns()
    expect(started).toEqual(['a', 'b'])
    gates.b.open()
    await until(() => started.length === 3, 'the heavy one to start')
    await turns()
    expect(started).toEqual(['a', 'b', 'heavy'])
    gates.heavy.open()
    gates.light.open()
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'heavy', 'light'])
  })

  test('light ones use what a heavy one leaves', async () => {
    const executor = new AsyncExecutor({ concurrency: 5 })
    const gate = new Gate()
    const heavy = executor.run(() => gate.wait('heavy'), { weight: 3 })
    const light = executor.map([1, 2, 3], (input) => gate.wait(input))
    await until(() => executor.running === 3, 'two beside it')
    await turns()
    expect(executor.running).toBe(3)
    gate.open()
    expect(await Promise.all([heavy, light])).toEqual(['heavy', [1, 2, 3]])
  })

  test('of a map is that of each input', async () => {
    const executor = new AsyncExecutor({ concurrency: 5 })
    let peak = 0
    const task = async (input: number) => {
      peak = Math.max(peak, executor.running)
      await turns(1)
      return input
    }
    expect(await executor.map([1, 2, 3, 4, 5], task, { weight: 2 })).toEqual([1, 2, 3, 4, 5])
    expect(peak).toBe(2)
  })

  test('an aborted heavy one holds nothing up', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const gate = new Gate()
    const controller = new AbortController()
    const running = executor.run(() => gate.wait('running'))
    const options = { weight: 2, signal: controller.signal }
    const heavy = failure(executor.run(() => 'heavy', options))
    const light = executor.run(() => 'light')
    await turns()
    controller.abort()
    await heavy
    expect(await light).toBe('light')
    gate.open()
    expect(await running).toBe('running')
  })

  test('one that is heavier than a lowered limit runs alone', async () => {
    const executor = new AsyncExecutor({ concurrency: 3 })
    const gate = new Gate()
    const running = executor.run(() => gate.wait(1))
    const heavy = executor.run(() => executor.running, { weight: 3 })
    executor.concurrency = 2
    gate.open()
    expect(await Promise.all([running, heavy])).toEqual([1, 1])
  })

  test.each([0, 1.5, 4, Number.POSITIVE_INFINITY])(
    '%s of a limit of 3 is refused',
    async (weight) => {
      const executor = new AsyncExecutor({ concurrency: 3 })
      for (const call of [
        executor.run(() => 1, { weight }),
        executor.map([1], () => 1, { weight }),
      ]) {
        const error = await failure(call)
        expect(error).toBeInstanceOf(InvalidOptionError)
        expect(error.option).toBe('weight')
      }
    },
  )
})

describe('keyConcurrency', () => {
  test('limits each key, and others pass', async () => {
    const executor = new AsyncExecutor({ concurrency: 4, keyConcurrency: 1 })
    const running: string[] = []
    const gates = new Map<string, Gate>()
    const run = (name: string, key?: string) => {
      const gate = new Gate()
      gates.set(name, gate)
      return executor.run(
        () => {
          running.push(name)
          return gate.wait(name)
        },
        { key },
      )
    }
    const calls = [run('a1', 'a'), run('a2', 'a'), run('a3', 'a'), run('b1', 'b'), run('plain')]
    await until(() => running.length === 3, 'one of each')
    await turns()
    expect(running).toEqual(['a1', 'b1', 'plain'])
    expect(executor.waiting).toBe(2)
    gates.get('a1')!.open()
    await until(() => running.length === 4, 'the next of its key')
    for (const gate of gates.values()) gate.open()
    expect(await Promise.all(calls)).toEqual(['a1', 'a2', 'a3', 'b1', 'plain'])
    expect(running).toEqual(['a1', 'b1', 'plain', 'a2', 'a3'])
  })

  test('keys take turns: many of one do not starve another', async () => {
    const executor = new AsyncExecutor({ concurrency: 1, keyConcurrency: 1 })
    const order: string[] = []
    const run = (key: string) => executor.run(() => order.push(key), { key })
    const calls = [...Array(5).fill('a'), ...Array(2).fill('b')].map(run)
    await Promise.all(calls)
    expect(order.indexOf('b')).toBeLessThan(3)
    expect(order).toHaveLength(7)
  })

  test('aborts, priorities and retries keep the count right', async () => {
    const executor = new AsyncExecutor({ concurrency: 8, keyConcurrency: 2 })
    const key = {}
    const gate = new Gate()
    let running = 0
    let peak = 0
    const controller = new AbortController()
    const task = async ({ attempt }: { readonly attempt: number }) => {
      running += 1
      peak = Math.max(peak, running)
      await turns(1)
      running -= 1
      if (attempt === 1) throw new Error('again')
      await gate.wait(1)
    }
    const calls = Array.from({ length: 12 }, (_, index) =>
      executor
        .run(task, {
          key,
          priority: index % 3,
          retry: { attempts: 2, minDelay: 0, maxDelay: 1 },
          signal: index % 4 === 0 ? controller.signal : undefined,
        })
        .catch(() => {}),
    )
    await turns(3)
    controller.abort()
    gate.open()
    await Promise.all(calls)
    expect(peak).toBe(2)
    expect(await executor.run(() => 'next', { key })).toBe('next')
  })

  test('without it keys mean nothing', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    const gate = new Gate()
    const calls = [1, 2].map((input) => executor.run(() => gate.wait(input), { key: 'same' }))
    await until(() => executor.running === 2, 'both to start')
    gate.open()
    expect(await Promise.all(calls)).toEqual([1, 2])
  })
})

describe('releaseOnTimeout', () => {
  test.each(['run', 'map'] as const)(
    'the slot of a timed-out %s is free at once',
    async (method) => {
      const metrics = new MetricsRegistry()
      const executor = new AsyncExecutor({ concurrency: 1, releaseOnTimeout: true, metrics })
      const zombies = () =>
        metrics.snapshot().series.find(({ name }) => name === 'threeply_tasks_zombie')?.value
      const gate = new Gate()
      const stuck = () => gate.wait('late')
      const options = { timeout: 10 }
      const call =
        method === 'run' ? executor.run(stuck, options) : executor.map([1], stuck, options)
      expect(await failure(call)).toBeInstanceOf(TaskTimeoutError)
      expect([executor.running, executor.zombies, zombies()]).toEqual([0, 1, 1])
      expect(await executor.run(() => executor.running)).toBe(1)
      await executor.onIdle()
      gate.open()
      await until(() => executor.zombies === 0, 'the zombie to end')
      expect(zombies()).toBe(0)
      expect(await executor.map([1, 2, 3], () => executor.running)).toEqual([1, 1, 1])
    },
  )

  test('a call may say so, or say otherwise', async () => {
    const executor = new AsyncExecutor({ concurrency: 2, releaseOnTimeout: true })
    const gate = new Gate()
    const stuck = () => gate.wait('late')
    await failure(executor.run(stuck, { timeout: 5, releaseOnTimeout: false }))
    await failure(executor.run(stuck, { timeout: 5, weight: 1, key: 'a' }))
    expect([executor.running, executor.zombies]).toEqual([1, 1])
    gate.open()
    await until(() => executor.running + executor.zombies === 0, 'both to end')
  })

  test('a heavy one gives all its slots back', async () => {
    const executor = new AsyncExecutor({ concurrency: 3, releaseOnTimeout: true })
    const gate = new Gate()
    await failure(executor.run(() => gate.wait(1), { timeout: 5, weight: 3 }))
    const outputs = executor.map([1, 2, 3], (input) => gate.wait(input))
    await until(() => executor.running === 3, 'all slots to be used')
    gate.open()
    expect(await outputs).toEqual([1, 2, 3])
    await until(() => executor.zombies === 0, 'the zombie to end')
    await executor.close()
  })
})
