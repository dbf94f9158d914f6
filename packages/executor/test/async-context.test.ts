/** A function runs in the async context of the call that submitted it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

const storage = new AsyncLocalStorage<string>()
const store = async () => {
  const before = storage.getStore()
  await turns(1)
  expect(storage.getStore()).toBe(before)
  return before
}

test('each run keeps the context of its own caller, queued or not', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const names = Array.from({ length: 20 }, (_, index) => `caller ${index}`)
  const seen = await Promise.all(names.map((name) => storage.run(name, () => executor.run(store))))
  expect(seen).toEqual(names)
  expect(await executor.run(store)).toBeUndefined()
})

test('maps and runs that share lanes keep theirs', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const calls = Array.from({ length: 6 }, (_, index) =>
    storage.run(`map ${index}`, () => executor.map(Array(10).keys(), store)),
  )
  const run = storage.run('run', () => executor.run(store))
  for (const [index, outputs] of (await Promise.all(calls)).entries()) {
    expect(outputs).toEqual(Array(10).fill(`map ${index}`))
  }
  expect(await run).toBe('run')
})

test('inputs are pulled in the context of the caller, sync and async', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const seen: unknown[] = []
  function* inputs() {
    for (let input = 0; input < 5; input += 1) {
      seen.push(storage.getStore())
      yield input
    }
  }
  async function* asyncInputs() {
    yield* inputs()
  }
  await Promise.all([
    storage.run('a', () => executor.map(inputs(), store)),
    storage.run('a', () => executor.map(asyncInputs(), store)),
    storage.run('b', () => executor.forEach([1, 2, 3], store)),
    storage.run('c', () => executor.run(store)),
  ])
  expect(seen).toEqual(Array(10).fill('a'))
})

test('a stream has the context of its own call, not of its readers', async () => {
  const executor = new AsyncExecutor({ concurrency: 2 })
  const stream = storage.run('call', () =>
    executor.stream(Array(8).keys(), store, { readAhead: 0 }),
  )
  const seen: unknown[] = []
  await storage.run('reader', async () => {
    for await (const output of stream) {
      seen.push(output)
      expect(storage.getStore()).toBe('reader')
    }
  })
  expect(seen).toEqual(Array(8).fill('call'))
})

test('raising the limit starts functions in their own context', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const gate = new Gate()
  const seen: unknown[] = []
  const outputs = storage.run('call', () =>
    executor.map([1, 2, 3, 4], async () => {
      seen.push(storage.getStore())
      await gate.wait(undefined)
    }),
  )
  await until(() => executor.running === 1, 'the first to start')
  storage.run('setter', () => {
    executor.concurrency = 4
  })
  await until(() => executor.running === 4, 'all to start')
  gate.open()
  await outputs
  expect(seen).toEqual(Array(4).fill('call'))
})

test('what one run enters does not leak into the next', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const leaky = executor.run(() => storage.enterWith('leak'))
  const next = executor.run(store)
  await leaky
  expect(await next).toBeUndefined()
})
