/** Never more functions at once than the limit says, whoever submitted them. */
import { setImmediate as turn } from 'node:timers/promises'
import { turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { describe, expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

describe('the limit', () => {
  test('is never passed by runs, and is reached', async () => {
    const executor = new AsyncExecutor({ concurrency: 3 })
    let running = 0
    let peak = 0
    const task = async () => {
      running += 1
      peak = Math.max(peak, running)
      expect(executor.running).toBe(running)
      await turn()
      running -= 1
    }
    await Promise.all(Array.from({ length: 50 }, () => executor.run(task)))
    expect(peak).toBe(3)
  })

  test('is one for all calls of an executor', async () => {
    const executor = new AsyncExecutor({ concurrency: 2 })
    let running = 0
    let peak = 0
    const task = async () => {
      running += 1
      peak = Math.max(peak, running)
      await turn()
      running -= 1
    }
    const read = async () => {
      for await (const _output of executor.stream(Array(20).fill(0), task));
    }
    await Promise.all([
      executor.map(Array(20).fill(0), task),
      executor.forEach(Array(20).fill(0), task),
      read(),
      ...Array.from({ length: 20 }, () => executor.run(task)),
    ])
    expect(peak).toBe(2)
  })

  test('Infinity starts everything', async () => {
    const executor = new AsyncExecutor({ concurrency: Number.POSITIVE_INFINITY })
    const gate = new Gate()
    const outputs = executor.map(Array(1_000).keys(), (input) => gate.wait(input))
    await until(() => executor.running === 1_000, 'all to start')
    gate.open()
    expect(await outputs).toEqual([...Array(1_000).keys()])
  })

  test('runs start in the order in which they were submitted', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const started: number[] = []
    const task = (input: number) => () => started.push(input)
    await Promise.all(Array.from({ length: 100 }, (_, input) => executor.run(task(input))))
    expect(started).toEqual([...Array(100).keys()])
  })

  test('a function is not called before run has returned', () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    let called = false
    void executor.run(() => {
      called = true
    })
    expect(called).toBe(false)
  })
})

describe('changing the limit', () => {
  test('raising it takes effect at once', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const gate = new Gate()
    const outputs = executor.map([1, 2, 3, 4, 5], (input) => gate.wait(input))
    await until(() => executor.running === 1, 'the first to start')
    executor.concurrency = 4
    await until(() => executor.running === 4, 'three more to start')
    await turns()
    expect(executor.running).toBe(4)
    gate.open()
    expect(await outputs).toEqual([1, 2, 3, 4, 5])
  })

  test('lowering it takes effect as functions end', async () => {
    const executor = new AsyncExecutor({ concurrency: 4 })
    const gates = Array.from({ length: 8 }, () => new Gate())
    const outputs = Promise.all(gates.map((gate, index) => executor.run(() => gate.wait(index))))
    await until(() => executor.running === 4, 'four to start')
    executor.concurrency = 2
    gates[0]!.open()
    gates[1]!.open()
    await turns()
    expect(executor.running).toBe(2)
    gates[2]!.open()
    await until(() => executor.waiting === 3, 'the next to start')
    await turns()
    expect(executor.running).toBe(2)
    for (const gate of gates) gate.open()
    expect(await outputs).toEqual([...gates.keys()])
  })

  test('it can be lowered and raised while a map runs, and nothing is lost', async () => {
    const executor = new AsyncExecutor({ concurrency: 8 })
    const outputs = executor.map(Array(500).keys(), async (input) => {
      await turn()
      return input
    })
    for (const concurrency of [1, 20, 2, Number.POSITIVE_INFINITY, 3]) {
      await turn()
      executor.concurrency = concurrency
    }
    expect(await outputs).toEqual([...Array(500).keys()])
    expect(executor.concurrency).toBe(3)
  })
})

describe('taking turns', () => {
  test('a large map does not starve a run, nor a small map', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const order: string[] = []
    const large = executor.forEach(Array(1_000).keys(), async () => {
      order.push('large')
      await turn()
    })
    await until(() => order.length > 10, 'the large map to be under way')
    const small = executor.forEach([1, 2, 3], () => order.push('small'))
    const run = executor.run(() => order.push('run'))
    const before = order.length
    await Promise.all([small, run])
    expect(order.length).toBeLessThan(1_000)
    expect(order.slice(before).filter((who) => who === 'large').length).toBeLessThan(10)
    await large
  })

  test('two maps over async iterables share a limit of one', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const order: string[] = []
    async function* inputs() {
      for (let input = 0; input < 20; input += 1) yield input
    }
    const task = (who: string) => async () => {
      order.push(who)
      await turn()
    }
    await Promise.all([
      executor.forEach(inputs(), task('first')),
      executor.forEach(inputs(), task('second')),
    ])
    expect(order.slice(0, 10)).toContain('second')
    expect(order.slice(-10)).toContain('first')
    expect(order).toHaveLength(40)
  })

  test('an async iterable that gives nothing holds no slot', async () => {
    const executor = new AsyncExecutor({ concurrency: 1 })
    const source = new Gate()
    async function* inputs() {
      yield await source.wait('input')
    }
    const mapped = executor.map(inputs(), (input) => input)
    await turns()
    expect(await executor.run(() => 'run')).toBe('run')
    expect(await executor.map([1, 2], (input) => input)).toEqual([1, 2])
    source.open()
    expect(await mapped).toEqual(['input'])
  })
})
