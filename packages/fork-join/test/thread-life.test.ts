/** How threads begin and end: setup, teardown, warm-up, and their replacement when they are spent. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ClosedError, TaskModuleError, TaskNotFoundError } from '@threeply/task'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ForkJoinPool, type ForkJoinPoolOptions } from '../src/index.ts'
import { failure, makePool, until } from './pools.ts'

type Life = typeof import('./fixtures/life.ts')

const OPTIONS = { timeout: 60_000 }

describe('setup', OPTIONS, () => {
  test('is awaited before the first task, once a thread', async () => {
    const { pool, notes } = newLife({ threads: 2 })
    const states = await Promise.all(Array.from({ length: 50 }, () => pool.run('state')))
    expect(states.every(({ isSetUp }) => isSetUp)).toBe(true)
    await pool.warmUp()
    expect(notes('setup')).toHaveLength(2)
    expect(new Set(notes('setup')).size).toBe(2)
  })

  test.each(['throws', 'exits'])('that %s fails every task', async (how) => {
    const { pool } = newLife({ threads: 2 }, { setup: how })
    const calls = [pool.run('state'), pool.map('keep', [1, 2]), pool.warmUp()]
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(TaskModuleError)
      expect(error.message).toContain('life.ts')
      if (how === 'throws') expect(error.cause).toMatchObject({ message: 'no database' })
    }
    await pool.close()
  })

  test('and teardown are no tasks', async () => {
    const { pool } = newLife()
    for (const name of ['setup', 'teardown']) {
      expect(await failure(pool.run(name as 'state'))).toBeInstanceOf(TaskNotFoundError)
    }
  })
})

describe('teardown', OPTIONS, () => {
  test('is awaited before close ends the threads', async () => {
    const { pool, notes } = newLife({ threads: 2 })
    await pool.warmUp()
    await pool.close()
    expect(notes('torn down')).toHaveLength(2)
  })

  test('is awaited before an idle thread ends', async () => {
    const { pool, notes } = newLife({ threads: 1, idleTimeout: 1 })
    await pool.run('state')
    await until(() => notes('torn down').length === 1)
    expect(await pool.run('state')).toMatchObject({ isSetUp: true })
  })

  test.each(['under way', 'behind it'])(
    'follows a setup that is %s when the pool is closed',
    async (how) => {
      const { pool, notes } = newLife({ threads: { min: 1, max: 1 }, grace: 60_000 })
      const begun = how === 'under way' ? 'begun' : 'setup'
      await until(() => notes(begun).length === 1)
      await pool.close()
      expect([notes('setup'), notes('torn down')].map(({ length }) => length)).toEqual([1, 1])
    },
  )

  test('is not there for a thread that has not begun its setup when the pool is closed', async () => {
    const { pool, notes } = newLife({ threads: { min: 2, max: 2 } })
    await pool.close()
    expect(notes('begun').length).toBe(notes('torn down').length)
  })

  test('that is waited for twice, as the pool closes just after, is warned of by nobody', async () => {
    const warnings = warningsUntilEnd()
    for (let pools = 0; pools < 8; pools += 1) {
      const { pool, notes } = newLife({ threads: 1, recycleAfter: { tasks: 1 } })
      await pool.run('state')
      await until(() => notes('torn down').length === 1)
      await pool.close()
    }
    expect(warnings).toEqual([])
  })

  test('does not follow a setup that fails while the pool closes, which is warned of', async () => {
    const warnings = warningsUntilEnd()
    const options = { threads: { min: 1, max: 1 }, grace: 60_000 }
    const { pool, notes, folder } = newLife(options, { setup: 'throws when told' })
    await until(() => notes('begun').length === 1)
    const closed = pool.close()
    writeFileSync(join(folder, 'log.told'), '')
    await closed
    await until(() => warnings.length > 0)
    expect(warnings[0]!.message).toMatch(/^'setup' of .* failed: RangeError: no database/)
    expect(notes('teardown')).toEqual([])
  })

  test('is cut short with a setup that hangs, and that is warned of', async () => {
    const warnings = warningsUntilEnd()
    const { pool, notes } = newLife({ threads: { min: 1, max: 1 }, grace: 50 }, { setup: 'hangs' })
    await until(() => notes('begun').length === 1)
    await pool.close()
    await until(() => warnings.length > 0)
    expect(warnings[0]!.message).toMatch(/^'setup' of .* grace of 50 ms/)
    expect(notes('teardown')).toEqual([])
  })

  test.each([
    ['throws', /RangeError: no goodbye/, 60_000],
    ['exits', /ended its thread, with exit code 3/, 60_000],
    ['hangs', /grace of 50 ms/, 50],
  ])('that %s does not hold up close, and is warned of', async (how, warning, grace) => {
    const warnings = warningsUntilEnd()
    const { pool, notes } = newLife({ threads: 1, grace }, { teardown: how })
    await pool.run('state')
    await pool.close()
    expect(notes('teardown')).toHaveLength(1)
    await until(() => warnings.length > 0)
    expect(warnings[0]).toMatchObject({ name: 'ThreeplyWarning' })
    expect(warnings[0]!.message).toMatch(warning)
  })

  test('is not waited for by destroy', async () => {
    const { pool, notes } = newLife({ threads: 1, grace: 60_000 }, { teardown: 'hangs' })
    await pool.run('state')
    const closed = pool.close()
    await until(() => notes('teardown').length === 1)
    await pool.destroy()
    await closed
  })
})

describe('a thread that nothing can end', OPTIONS, () => {
  test('is given up: its task rejects, others run, destroy does not wait for it', async () => {
    const warnings = warningsUntilEnd()
    const { pool, notes, folder } = newLife({ threads: 1, grace: 10 })
    const controller = new AbortController()
    const stuck = failure(pool.run('waitInShell', folder, { signal: controller.signal }))
    await until(() => notes('shell').length === 1)
    controller.abort('enough')
    expect(await stuck).toBe('enough')
    expect(await pool.run('state')).toMatchObject({ isSetUp: true })
    expect(warnings[0]!.message).toMatch(/^thread \d+ has not ended within 2000 ms/)
    const other = failure(pool.run('waitInShell', folder))
    await until(() => notes('shell').length === 2)
    await pool.destroy()
    expect(await other).toBeInstanceOf(ClosedError)
  })
})

describe('warmUp', OPTIONS, () => {
  test('fulfils when all threads are ready', async () => {
    const { pool, notes } = newLife({ threads: { min: 1, max: 3 } })
    await pool.warmUp()
    expect(notes('setup')).toHaveLength(3)
    await pool.warmUp()
    expect(notes('setup')).toHaveLength(3)
  })

  test('is refused by a closed pool, and given up by one that is destroyed', async () => {
    const { pool } = newLife()
    const warming = failure(pool.warmUp())
    await pool.destroy()
    expect(await warming).toBeInstanceOf(ClosedError)
    expect(await failure(pool.warmUp())).toBeInstanceOf(ClosedError)
  })
})

describe('recycleAfter', OPTIONS, () => {
  test('gives each thread so many tasks, and none is lost', async () => {
    const { pool, notes } = newLife({ threads: 1, recycleAfter: { tasks: 10 } })
    const tasksOf = new Map<number, number>()
    for (let call = 0; call < 35; call += 1) {
      const { thread } = await pool.run('state')
      tasksOf.set(thread, (tasksOf.get(thread) ?? 0) + 1)
    }
    expect([...tasksOf.values()]).toEqual([10, 10, 10, 5])
    await pool.close()
    expect(notes('torn down')).toHaveLength(4)
  })

  test('holds for the chunks of a map', async () => {
    const { pool } = newLife({ threads: 2, recycleAfter: { tasks: 100 } })
    const threads = await pool.map('keep', Array(1_000).fill(1))
    expect(threads).toHaveLength(1_000)
    for (const one of new Set(threads)) {
      expect(threads.filter((thread) => thread === one).length).toBeLessThanOrEqual(100)
    }
  })

  test('counts nothing that was sent to a thread and taken back from it', async () => {
    const pool = makePool({ threads: 2, recycleAfter: { tasks: 50 } })
    await pool.warmUp()
    const tasksOf = new Map<number, number>()
    for (let round = 0; round < 20; round += 1) {
      const runs = [40, ...Array<number>(30).fill(0)].map((ms) => pool.run('threadAfter', ms))
      for (const thread of await Promise.all(runs)) {
        tasksOf.set(thread, (tasksOf.get(thread) ?? 0) + 1)
      }
    }
    const counts = [...tasksOf.values()].toSorted((a, b) => b - a)
    expect(counts.slice(0, -2)).toEqual(Array(counts.length - 2).fill(50))
  })

  test('has the successor ready before the last task of a thread', async () => {
    const { pool, notes } = newLife({ threads: 1, recycleAfter: { tasks: 10 } })
    const first = await pool.run('wait', 0)
    for (let call = 1; call < 9; call += 1) expect(await pool.run('wait', 0)).toBe(first)
    await until(() => notes('setup').length === 2)
    expect(notes('teardown')).toHaveLength(0)
    expect(await pool.run('wait', 0)).toBe(first)
    expect(await pool.run('wait', 0)).not.toBe(first)
  })

  test('has no successor left of a thread that was idle, beside the threads that there may be', async () => {
    const options = { threads: 1, idleTimeout: 1, grace: 300, recycleAfter: { tasks: 10 } }
    const { pool, notes } = newLife(options, { teardown: 'hangs' })
    const warnings = warningsUntilEnd()
    for (let call = 0; call < 9; call += 1) await pool.run('state')
    await until(() => notes('teardown').length === 1) // it was idle, and is cut short after its grace
    const next = pool.run('wait', 1_000)
    await until(() => warnings.length > 0)
    const threads = await Promise.all([next, pool.run('wait', 0), pool.run('wait', 0)])
    expect(new Set(threads).size).toBe(1)
  })

  test('leaves no more threads behind in their teardown than there is a bound to', async () => {
    const options = { threads: 1, recycleAfter: { tasks: 1 }, grace: 60_000 }
    const { pool, notes, folder } = newLife(options, { teardown: 'waits until told' })
    const threads = new Set<number>()
    for (let call = 0; call < 30; call += 1) threads.add(await pool.run('wait', 0))
    expect(threads.size).toBe(5) // four in their teardown, and the one that had to go on
    writeFileSync(join(folder, 'log.told'), '')
    await until(() => notes('torn down').length === 4)
    while (threads.has(await pool.run('wait', 0))); // it is replaced after all
  })

  test('replaces a thread whose heap has grown', async () => {
    const { pool, notes } = newLife({ threads: 1, recycleAfter: { heapBytes: 60_000_000 } })
    const first = await pool.run('keep', 10)
    expect(await pool.run('keep', 2_000_000)).toBe(first)
    expect(await pool.run('keep', 10)).not.toBe(first)
    await until(() => notes('torn down').length === 1)
  })

  test.each([undefined, { heapBytes: 2 ** 40 }, { tasks: 1_000_000 }])(
    'starts no thread before one is to be replaced (%o)',
    async (recycleAfter) => {
      const { pool, notes } = newLife({ threads: 2, recycleAfter })
      await pool.warmUp()
      await pool.map('keep', Array(500).fill(1))
      for (let call = 0; call < 20; call += 1) await pool.run('wait', 5)
      expect(notes('setup')).toHaveLength(2)
    },
  )

  test.each([{ tasks: 0 }, { heapBytes: -1 }, { task: 1 }])('refuses %o', (recycleAfter) => {
    expect(() => newLife({ recycleAfter: recycleAfter as object })).toThrow(
      expect.objectContaining({ code: 'ERR_THREEPLY_INVALID_OPTION' }),
    )
  })
})

test(
  'threads run beside timers of others, as of a browser that is simulated',
  OPTIONS,
  async () => {
    const tasks = new URL('./fixtures/tasks.ts', import.meta.url)
    expect(
      await outputOf(`
      const { setTimeout: real } = globalThis
      for (const name of ['setTimeout', 'setInterval', 'setImmediate']) globalThis[name] = () => 7
      for (const name of ['clearTimeout', 'clearInterval']) globalThis[name] = () => {}
      const pool = new ForkJoinPool('${tasks}', { threads: 1, idleTimeout: 1 })
      console.log(await pool.run('double', 21, { timeout: 60_000 }))
      await new Promise((resolve) => real(resolve, 20))
      const words = new Int32Array(new SharedArrayBuffer(64))
      console.log(await pool.run('spin', { words }, { timeout: 1 }).catch(({ name }) => name))
      await pool.close({ deadline: 60_000 })
    `),
    ).toBe('42\nTaskTimeoutError\n')
  },
)

test('threads run in a program given as text, with --input-type', OPTIONS, async () => {
  const tasks = new URL('./fixtures/tasks.ts', import.meta.url)
  expect(
    await outputOf(`
      const pool = new ForkJoinPool('${tasks}')
      console.log(await pool.run('double', 21))`),
  ).toBe('42\n')
})

test('a thread that is still in its setup keeps no idle process alive', OPTIONS, async () => {
  const endless = 'export const setup = () => new Promise((done) => setTimeout(done, 2 ** 30))'
  expect(
    await outputOf(`
      const pool = new ForkJoinPool('data:text/javascript,${endless}; export const task = () => 1')
      await pool.run('task', undefined, { timeout: 100 }).catch(({ code }) => console.log(code))`),
  ).toBe('ERR_THREEPLY_TIMEOUT\n')
})

/** What a program that has `ForkJoinPool` prints, when it has ended by itself. */
async function outputOf(program: string): Promise<string> {
  const module = new URL('../src/index.ts', import.meta.url)
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...env } = process.env
  const flags = ['--conditions=@threeply/source', '--no-warnings', '--input-type=module', '--eval']
  const text = `import { ForkJoinPool } from '${module}'\n${program}`
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, text], { env })
  return stdout
}

/** A pool of the module that notes its life, and those notes. */
function newLife(options: ForkJoinPoolOptions = {}, asked: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'threeply-fork-join-'))
  let pool: ForkJoinPool<Life> | undefined
  onTestFinished(async () => {
    await pool?.destroy()
    rmSync(folder, { recursive: true, force: true })
  })
  const log = join(folder, 'log')
  const module = new URL('./fixtures/life.ts', import.meta.url)
  module.search = new URLSearchParams({ ...asked, log }).toString()
  pool = new ForkJoinPool<Life>(module, options)
  const notes = (what: string): string[] =>
    readFileSync(log, { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .filter((line) => line.startsWith(`${what} `))
  return { pool, notes, folder }
}

/** The process warnings of this test. */
function warningsUntilEnd(): readonly Error[] {
  const warnings: Error[] = []
  const onWarning = (error: Error) => warnings.push(error)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  return warnings
}
