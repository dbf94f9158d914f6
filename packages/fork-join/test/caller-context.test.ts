/** What the pool calls of its caller's runs in the async context of the call, whoever started the threads. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { ForkJoinPool } from '../src/index.ts'
import { makePool, type Tasks, until } from './pools.ts'

const storage = new AsyncLocalStorage<string>()

/** Its threads, and what listens to them, were made in another context. */
async function startedElsewhere(): Promise<ForkJoinPool<Tasks>> {
  const pool = makePool()
  await storage.run('elsewhere', () => pool.warmUp())
  return pool
}

function* seeing(seen: Set<string | undefined>): Generator<number> {
  try {
    for (let input = 0; input < 200; input += 1) {
      seen.add(storage.getStore())
      yield input
    }
  } finally {
    seen.add(storage.getStore())
  }
}

async function* seeingLater(seen: Set<string | undefined>): AsyncGenerator<number> {
  yield* seeing(seen)
}

test('the context of the call that has started a thread is let go', {
  timeout: 60_000,
}, async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const objects = new AsyncLocalStorage<object>()
  const pool = makePool({ threads: { min: 0, max: 2 }, idleTimeout: 600_000 })
  const contexts: WeakRef<object>[] = []
  async function callInAnother(): Promise<number[]> {
    const store = {}
    contexts.push(new WeakRef(store))
    return await objects.run(store, () => pool.map('double', [1, 2, 3]))
  }
  for (let nth = 0; nth < 3; nth += 1) await callInAnother()
  await until(() => {
    collect()
    return contexts.every((context) => context.deref() === undefined)
  })
  expect(await callInAnother()).toEqual([2, 4, 6]) // by the same threads
})

describe('in the context of the call', { timeout: 60_000 }, () => {
  test('onProgress is called', async () => {
    const pool = await startedElsewhere()
    const seen = new Set<string | undefined>()
    const onProgress = () => seen.add(storage.getStore())
    await storage.run('mine', () => pool.run('reportProgress', 3, { onProgress }))
    expect(seen).toEqual(new Set(['mine']))
  })

  test.each([
    ['a generator', seeing],
    ['an async generator', seeingLater],
  ])('inputs are pulled from %s, and closed', async (_what, generator) => {
    const pool = await startedElsewhere()
    const seen = new Set<string | undefined>()
    await storage.run('mine', () => pool.map('double', generator(seen), { chunkSize: 3 }))
    await storage.run('mine', async () => {
      for await (const output of pool.stream('double', generator(seen), { chunkSize: 3 })) {
        if (output > 20) break
      }
    })
    expect(seen).toEqual(new Set(['mine']))
  })

  test('inputs of a stream are pulled, whoever reads it', async () => {
    const pool = await startedElsewhere()
    const seen = new Set<string | undefined>()
    const stream = storage.run('mine', () => pool.stream('double', seeing(seen)))
    let outputs = 0
    for await (const _output of stream) outputs += 1
    expect(outputs).toBe(200)
    expect(seen).toEqual(new Set(['mine']))
  })

  test('values are pulled by reduce', async () => {
    const pool = await startedElsewhere()
    const seen = new Set<string | undefined>()
    function* letters() {
      for (const input of seeing(seen)) yield String(input)
    }
    await storage.run('mine', () => pool.reduce('concat', letters()))
    expect(seen).toEqual(new Set(['mine']))
  })
})
