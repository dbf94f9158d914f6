/** Tasks that fork, on threads that are fewer than tasks that wait. */
import { MetricsRegistry } from '@threeply/metrics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Tree } from './fixtures/forks.ts'
import { failure, makeForkingPool, totals, until, Words } from './pools.ts'

const OPTIONS = { timeout: 15_000 }

describe.each([1, 2])('with threads: %i', OPTIONS, (threads) => {
  test('a chain 10,000 deep ends', async () => {
    const pool = makeForkingPool({ threads })
    expect(await pool.run('chain', 10_000)).toBe(10_000)
  })

  test('a tree of 100,000 leaves ends', async () => {
    const pool = makeForkingPool({ threads })
    expect(await pool.run('leaves', { count: 100_000, width: 2 })).toBe(100_000)
  })

  test('one task forks more children than a page of states has places', async () => {
    const pool = makeForkingPool({ threads })
    expect(await pool.run('leaves', { count: 20_000, width: 20_000 })).toBe(20_000)
  })

  test('roots beside each other end, each with its own', async () => {
    const pool = makeForkingPool({ threads })
    expect(await pool.map('fib', [12, 1, 10, 0])).toEqual([144, 1, 55, 0])
  })

  test('sums of random trees are those of a plain loop', async () => {
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof({ maxDepth: 6 }, fc.integer(), fc.array(tie('tree'), { maxLength: 6 })),
    }))
    const pool = makeForkingPool({ threads })
    const property = fc.asyncProperty(fc.array(tree, { maxLength: 6 }), async (roots) => {
      expect(await pool.map('sum', roots)).toEqual(roots.map(plainSum))
    })
    await fc.assert(property, { numRuns: 60 })
  })
})

describe('while children run', OPTIONS, () => {
  test('the output of a task that has returned waits for them', async () => {
    const held = new Words()
    const pool = makeForkingPool()
    const output = pool.run('forget', [['block', held]])
    await held.started()
    setTimeout(() => held.release(), 10)
    expect(await output).toBe('returned')
    expect(held.ends).toBe(1)
  })

  test('children go before other work, so that few tasks wait at a time', async () => {
    const held = new Words()
    const pool = makeForkingPool({ threads: 1 })
    await pool.map('underWay', Array(300).fill({ depth: 5, words: held.words }))
    // Breadth first, it would be thousands.
    expect(Atomics.load(held.words, 4)).toBeLessThan(1_000)
  })

  test('a task that does not wait for any keeps its thread to itself', async () => {
    const held = new Words()
    const pool = makeForkingPool({ threads: 1 })
    const waiting = pool.run('waitOutside', held)
    const counts = pool.map('count', Array(20).fill(held))
    expect(await waiting).toBe(0)
    expect(await counts).toHaveLength(20)
  })

  test('children of one key run on one thread, that of a task that waits included', async () => {
    const pool = makeForkingPool({ threads: 2 })
    expect(await pool.run('keyed', 'mine', { key: 'mine' })).toBe(1)
  })

  test('no queue limit refuses them', async () => {
    const pool = makeForkingPool({ threads: 1, queueLimit: 0 })
    expect(await pool.run('fib', 8)).toBe(21)
  })

  test('those that wait count for the queue limit of others, from when they come', async () => {
    const metrics = new MetricsRegistry()
    const pool = makeForkingPool({ threads: 1, queueLimit: 3, metrics })
    const held = new Words()
    const output = pool.run('forkMoreWhenTold', held)
    await held.started()
    const first = pool.run('fib', 1)
    const { waiting } = totals(metrics)
    Atomics.store(held.words, 5, 1)
    await until(() => totals(metrics).waiting === waiting! + 5)
    expect(await failure(pool.run('fib', 1))).toMatchObject({ code: 'ERR_THREEPLY_QUEUE_FULL' })
    held.release()
    expect([await output, await first]).toEqual([5, 1])
  })

  test('a thread that is spent lives on for those that wait on it', async () => {
    const pool = makeForkingPool({ threads: 1, recycleAfter: { tasks: 3 } })
    expect(await pool.run('chain', 20)).toBe(20)
  })

  test('threads that are spent do not become more and more', async () => {
    const metrics = new MetricsRegistry()
    const pool = makeForkingPool({ threads: 1, recycleAfter: { tasks: 1 }, metrics })
    expect(await pool.run('chain', 60)).toBe(60)
    const { series } = metrics.snapshot()
    const started = series.find(({ name }) => name === 'threeply_threads_started_total')
    expect(started?.value).toBeLessThan(10)
    const before = await pool.run('thread')
    await until(() => totals(metrics).settled === totals(metrics).submitted)
    expect(await pool.run('thread')).not.toBe(before) // none has waiting tasks: each has one again
  })

  test('threads that are spent are replaced also while tasks overlap on them without end', async () => {
    const metrics = new MetricsRegistry()
    const pool = makeForkingPool({ threads: 1, recycleAfter: { tasks: 10 }, metrics })
    const oneAfterTheOther = async () => {
      for (let call = 0; call < 8; call += 1) expect(await pool.run('fib', 5)).toBe(5)
    }
    await Promise.all(Array.from({ length: 8 }, oneAfterTheOther)) // 64 times 15 tasks
    const { series } = metrics.snapshot()
    const started = series.find(({ name }) => name === 'threeply_threads_started_total')
    expect(started?.value).toBeGreaterThan(8)
  })

  test('a thread with tasks that wait is not idle', async () => {
    const pool = makeForkingPool({ threads: 2, idleTimeout: 0 })
    const held = new Words()
    const output = pool.run('forget', [['block', held]])
    await held.started()
    await new Promise((resolve) => setTimeout(resolve, 20))
    held.release()
    expect(await output).toBe('returned')
  })

  test('close waits for them, and lets them fork', async () => {
    const pool = makeForkingPool()
    const output = pool.run('fib', 10)
    await pool.close()
    expect(await output).toBe(55)
  })

  test('destroy rejects the whole tree', async () => {
    const held = new Words()
    const pool = makeForkingPool()
    const root = failure(pool.run('deep', { depth: 5, name: 'spin', input: held }))
    await held.started()
    await pool.destroy()
    expect((await root).code).toBe('ERR_THREEPLY_CLOSED')
  })

  test('an output goes before what the thread takes up next', async () => {
    const first = new Words()
    const next = new Words()
    const pool = makeForkingPool({ threads: 1 })
    const output = pool.run('blockAfterFork', first)
    await first.started()
    const blocked = pool.run('block', next)
    await new Promise((resolve) => setImmediate(resolve))
    first.release()
    expect(await output).toBe('released')
    await next.started()
    next.release()
    await blocked
  })

  test('metrics tell a task that has ended from one that runs, before its answer is here', async () => {
    const held = new Words()
    const metrics = new MetricsRegistry()
    const pool = makeForkingPool({ threads: 1, metrics })
    const root = failure(pool.run('blockAfterFork', held))
    await held.started()
    held.release()
    const running = () =>
      metrics
        .snapshot()
        .series.filter(({ name }) => /tasks_running$/.test(name))
        .reduce((total, { value }) => total + (value as number), 0)
    const giveUp = performance.now() + 10_000
    while (running() > 0 && performance.now() < giveUp); // no message is read meanwhile
    await Promise.all([pool.destroy(), root])
    expect(running()).toBe(0)
  })

  test('metrics count every task, and come back to nothing', async () => {
    const metrics = new MetricsRegistry()
    const pool = makeForkingPool({ metrics })
    await pool.run('fib', 10)
    await failure(pool.run('deep', { depth: 3, name: 'exit', input: 3 }))
    await failure(pool.run('deep', { depth: 3, name: 'fail', input: 'no' }))
    await pool.close()
    const { series } = metrics.snapshot()
    const sum = (name: RegExp) =>
      series
        .filter((one) => name.test(one.name))
        .reduce((total, { value }) => total + (value as number), 0)
    expect(sum(/tasks_submitted_total$/)).toBe(177 + 5 + 5)
    expect(sum(/tasks_settled_total$/)).toBe(177 + 5 + 5)
    expect(sum(/tasks_(waiting|running)$/)).toBe(0)
  })
})

describe('a fork', OPTIONS, () => {
  test('takes any iterable of inputs', async () => {
    expect(await makeForkingPool().run('mapAsync', 20)).toBe(190)
  })

  test('reports progress to the task', async () => {
    expect(await makeForkingPool().run('progressOf', 3)).toEqual([0, 1, 2])
  })

  test('starts children of one key in the order of their forks', async () => {
    const { words } = new Words()
    expect(await makeForkingPool({ threads: 1 }).run('keyedStarts', { words })).toEqual([
      0, 1, 2, 3, 4, 5,
    ])
  })

  test('of low priority makes way for what comes later', async () => {
    const pool = makeForkingPool({ threads: 1 })
    const free = new Words()
    free.release()
    for (let call = 0; call < 5; call += 1) await pool.run('countAndBlock', { words: free.words })
    const held = new Words()
    const low = pool.run('lowStarts', { words: held.words })
    await held.started()
    const other = pool.run('countAndBlock', { words: held.words })
    held.release()
    expect(await other).toBe(1)
    expect(await low).toEqual([0, 2, 3])
  })

  test('ends the reading of endless inputs with its timeout, and closes them', async () => {
    const held = new Words()
    const code = await makeForkingPool({ threads: 1 }).run('mapEndless', { words: held.words })
    expect(code).toBe('ERR_THREEPLY_TIMEOUT')
    await until(() => Atomics.load(held.words, 5) === 1)
  })

  test('moves what it is told to', async () => {
    expect(await makeForkingPool().run('moveThere', 16)).toEqual([0, 16])
  })

  test('is refused once the task has ended', async () => {
    const pool = makeForkingPool({ threads: 1 })
    await pool.run('forkLater')
    expect(await pool.run('lateFailure')).toBe('ERR_THREEPLY_CLOSED')
  })

  test.each([
    ['nosuch', 1, 'ERR_THREEPLY_TASK_NOT_FOUND', /'nosuch' is not exported/],
    ['giveFunction', 1, 'ERR_THREEPLY_SERIALIZATION', /^output of 'giveFunction'/],
    ['echo', 'function', 'ERR_THREEPLY_SERIALIZATION', /^input of 'echo'/],
    ['echo', 'bad option', 'ERR_THREEPLY_INVALID_OPTION', /timeout/],
  ])('of %s with a %s says what is wrong', async (name, input, code, message) => {
    const pool = makeForkingPool()
    const error = await pool.run('seeRefusal', { name, input })
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

function plainSum(tree: Tree): number {
  return typeof tree === 'number' ? tree : tree.reduce<number>((sum, one) => sum + plainSum(one), 0)
}
