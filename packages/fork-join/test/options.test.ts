/** Bad options are refused at the door, by name. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { InvalidOptionError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { ForkJoinPool } from '../src/index.ts'
import { failure, makePool, TASKS, until, Words } from './pools.ts'

describe('the constructor', () => {
  test.each([
    ['threads', { threads: 0 }],
    ['threads', { threads: 1.5 }],
    ['threads', { threads: Number.POSITIVE_INFINITY }],
    ['threads', { threads: '2' }],
    ['threads.min', { threads: { min: 3, max: 2 } }],
    ['threads.min', { threads: { min: -1, max: 2 } }],
    ['threads.max', { threads: { min: 1 } }],
    ['most', { threads: { max: 2, most: 1 } }],
    ['grace', { grace: -1 }],
    ['grace', { grace: Number.NaN }],
    ['idleTimeout', { idleTimeout: '1s' }],
    ['queueLimit', { queueLimit: -1 }],
    ['queueLimit', { queueLimit: 1.5 }],
    ['overflow', { overflow: 'drop-oldest' }],
    ['resourceLimits.stackSizeMb', { resourceLimits: { stackSizeMb: 0 } }],
    ['maxHeap', { resourceLimits: { maxHeap: 1 } }],
    ['carry', { carry: [] }],
    ['resourceLimits', { resourceLimits: 5 }],
    ['recycleAfter', { recycleAfter: null }],
    ['carry', { carry: new AsyncLocalStorage() }],
    ['metrics', { metrics: {} }],
    ['concurrency', { concurrency: 2 }],
  ])('refuses a bad %s', (option, options) => {
    const make = () => new ForkJoinPool(TASKS, options as object)
    expect(make).toThrow(InvalidOptionError)
    expect(make).toThrow(expect.objectContaining({ option }))
  })

  test('refuses a module that is none', () => {
    expect(() => new ForkJoinPool('./tasks.js')).toThrow(InvalidOptionError)
    expect(() => new ForkJoinPool(undefined as unknown as URL)).toThrow(InvalidOptionError)
  })
})

describe('a call', { timeout: 60_000 }, () => {
  test.each([
    ['signal', { signal: {} }],
    ['timeout', { timeout: -1 }],
    ['grace', { grace: '1' }],
    ['transfer', { transfer: 7 }],
    ['transfer[0]', { transfer: [7] }],
    ['transfer[0]', { transfer: [new Uint8Array(1)] }],
    ['transfer[1]', { transfer: Array(2).fill(new ArrayBuffer(1)) }],
    ['priority', { priority: Number.NaN }],
    ['idempotent', { idempotent: 1 }],
    ['onProgress', { onProgress: true }],
    ['chunkSize', { chunkSize: 0 }],
    ['options', 7],
  ])('rejects with a bad %s', async (option, options) => {
    const pool = makePool()
    for (const call of [
      pool.run('double', 1, options as object),
      pool.map('double', [1], options as object),
    ]) {
      const error = await failure(call)
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error.option).toBe(option)
    }
  })

  test('rejects with inputs that are no iterable, and a name that is none', async () => {
    const pool = makePool()
    expect(await failure(pool.map('double', 7 as unknown as number[]))).toMatchObject({
      option: 'inputs',
    })
    expect(await failure(pool.run(7 as unknown as 'double', 1))).toMatchObject({ option: 'name' })
  })
})

describe('threads', { timeout: 60_000 }, () => {
  test('above min end when they have been idle for the idleTimeout', async () => {
    const { MetricsRegistry } = await import('@threeply/metrics')
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: { min: 1, max: 3 }, idleTimeout: 20, metrics })
    const threads = () =>
      metrics.snapshot().series.find(({ name }) => name === 'threeply_threads')?.value
    await until(() => threads() === 1)
    const held = new Words()
    const blocked = Array.from({ length: 3 }, () => pool.run('block', held))
    await held.started(3)
    expect(threads()).toBe(3)
    held.release()
    await Promise.all(blocked)
    await until(() => threads() === 1)
    expect(await pool.run('double', 1)).toBe(2)
  })

  test('start for what would wait behind a short task, too', async () => {
    const { MetricsRegistry } = await import('@threeply/metrics')
    const metrics = new MetricsRegistry()
    const pool = makePool({ threads: 2, metrics })
    const threads = () =>
      metrics.snapshot().series.find(({ name }) => name === 'threeply_threads')?.value
    for (let call = 0; call < 20; call += 1) await pool.run('busyFor', 1) // by now that is known
    expect(threads()).toBe(1)
    await Promise.all([pool.run('busyFor', 1), pool.run('busyFor', 1)])
    expect(threads()).toBe(2)
  })

  test('start only when there is work, and no more than there is work for', async () => {
    const pool = makePool({ threads: 8 })
    const seen = new Set<number>()
    for (let call = 0; call < 20; call += 1) seen.add(await pool.run('thread'))
    expect(seen.size).toBe(1)
  })
})

describe('queueLimit', { timeout: 60_000 }, () => {
  test('of 0 accepts only what a thread can start at once', async () => {
    const pool = makePool({ threads: 2, queueLimit: 0 })
    const held = new Words()
    const blocked = [pool.run('block', held), pool.run('block', held)]
    expect(await failure(pool.run('double', 1))).toMatchObject({
      code: 'ERR_THREEPLY_QUEUE_FULL',
    })
    await held.started(2)
    expect(await failure(pool.run('double', 1))).toMatchObject({
      code: 'ERR_THREEPLY_QUEUE_FULL',
    })
    held.release()
    await Promise.all(blocked)
    expect(await pool.run('double', 1)).toBe(2)
  })

  test('counts the same, whether threads have started or not', async () => {
    const pool = makePool({ threads: 1, queueLimit: 2 })
    const calls = Array.from({ length: 4 }, (_, index) => pool.run('double', index))
    const outcomes = await Promise.allSettled(calls)
    const statuses = outcomes.map(({ status }) => status)
    expect(statuses).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
  })
})

describe('priority', { timeout: 60_000 }, () => {
  test('goes first, and equals in the order of their submission', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const blocked = pool.run('block', held)
    await held.started()
    const order: number[] = []
    const priorities = [0, 5, -1, 5, 0, 1]
    const calls = priorities.map((priority, index) =>
      pool.run('double', index, { priority }).then(() => order.push(index)),
    )
    held.release()
    await Promise.all([blocked, ...calls])
    expect(order).toEqual([1, 3, 5, 0, 4, 2])
  })

  test('goes before long tasks that a thread has and has not started', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const learning = { words: held.words, milliseconds: 5, blocks: false }
    for (let call = 0; call < 5; call += 1) await pool.run('busyOrBlocked', learning)
    const started = held.starts
    const blocking = { ...learning, blocks: true }
    const low = Array.from({ length: 4 }, () => pool.run('busyOrBlocked', blocking))
    await held.started(started + 1)
    const lower = pool.run('busyOrBlocked', blocking, { priority: -1 })
    const high = pool.run('busyOrBlocked', blocking, { priority: 1 })
    held.release()
    const order = (await Promise.all([...low, lower, high])).map((start) => start - started)
    expect(order).toEqual([0, 2, 3, 4, 5, 1])
  })

  test('goes before them also with a key', async () => {
    const pool = makePool({ threads: 1 })
    const held = new Words()
    const learning = { words: held.words, milliseconds: 5, blocks: false }
    for (let call = 0; call < 5; call += 1) {
      await pool.run('busyOrBlocked', learning, { key: call % 2 })
    }
    const started = held.starts
    const blocking = { ...learning, blocks: true }
    const run = (options: { key?: number; priority?: number }) =>
      pool.run('busyOrBlocked', blocking, options)
    const runs = [run({}), run({}), run({})]
    await held.started(started + 1)
    runs.push(run({ key: 1, priority: 1 }))
    held.release()
    const order = (await Promise.all(runs)).map((start) => start - started)
    expect(order).toEqual([0, 2, 3, 1])
  })
})

describe('onProgress', { timeout: 60_000 }, () => {
  test('gets what the task reports, in order and before its output', async () => {
    const seen: unknown[] = []
    const onProgress = (value: unknown) => seen.push(value)
    expect(await makePool().run('reportProgress', 3, { onProgress })).toBe('done')
    expect(seen).toEqual([{ step: 0 }, { step: 1 }, { step: 2 }])
  })

  test('what cannot be cloned fails in the task', async () => {
    const onProgress = () => {}
    const error = await failure(makePool().run('reportFunction', undefined, { onProgress }))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_SERIALIZATION', path: 'progress' })
  })
})

describe('transfer', { timeout: 60_000 }, () => {
  test.each([{}, [], Object.create(null)])(
    'refuses %o, which only may hold what can be moved',
    async (item) => {
      const options = { transfer: [item] }
      const pool = makePool()
      for (const call of [pool.run('double', 1, options), pool.map('double', [1], options)]) {
        expect(await failure(call)).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION' })
      }
    },
  )

  test('refuses a SharedArrayBuffer', async () => {
    const transfer = [new SharedArrayBuffer(8) as unknown as ArrayBuffer]
    expect(
      await failure(makePool().run('byteLength', new Uint8Array(1), { transfer })),
    ).toMatchObject({
      code: 'ERR_THREEPLY_INVALID_OPTION',
    })
  })

  test('tells of the memory that small Buffers share, which cannot be moved', async () => {
    const { buffer } = Buffer.from('small')
    const call = makePool().run('byteLength', new Uint8Array(buffer), { transfer: [buffer] })
    const error = await failure(call)
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_SERIALIZATION', path: 'input' })
    expect(error.message).toContain('copy that first')
  })

  test('of a map moves each thing with the input that it is in', async () => {
    const views = Array.from({ length: 20 }, (_, index) => new Uint8Array(index + 1))
    const transfer = views.map(({ buffer }) => buffer)
    expect(await makePool().map('byteLength', views, { transfer })).toEqual(
      views.map((_, index) => index + 1),
    )
    expect(transfer.every(({ byteLength }) => byteLength === 0)).toBe(true)
  })
})
