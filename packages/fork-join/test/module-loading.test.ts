/** A task module that cannot be loaded fails its tasks, and starts no threads for ever. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TaskModuleError, TaskNotFoundError } from '@threeply/task'
import { describe, expect, onTestFinished, test } from 'vitest'
import { failure, makePool, TASKS, until } from './pools.ts'

const OPTIONS = { timeout: 60_000 }

describe.each(['throws', 'exits'])('a module that %s while it loads', OPTIONS, (how) => {
  test('rejects every task, and is tried a bounded number of times', async () => {
    const log = newLog()
    const pool = makePool({ threads: 4 }, moduleWith(`${how}-at-load.ts`, log))
    const calls = [
      ...Array.from({ length: 50 }, () => pool.run('double', 1)),
      pool.map('double', [1, 2, 3]),
      pool.scope(({ fork }) => fork('double', 1)),
    ]
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(TaskModuleError)
      expect(error.code).toBe('ERR_THREEPLY_TASK_MODULE')
      expect(error.message).toContain(`${how}-at-load.ts`)
      if (how === 'exits') expect(error.cause).toMatchObject({ exitCode: expect.any(Number) })
    }
    const attempts = attemptsIn(log)
    expect(attempts).toBeLessThanOrEqual(4)
    expect(await failure(pool.run('double', 1))).toBeInstanceOf(TaskModuleError)
    expect(attemptsIn(log)).toBe(attempts + 1)
    await pool.close()
  })
})

describe('a module that cannot be loaded', OPTIONS, () => {
  test.each(['throws', 'exits'])('starts the least threads once (it %s)', async (how) => {
    const log = newLog()
    const pool = makePool({ threads: { min: 2, max: 3 } }, moduleWith(`${how}-at-load.ts`, log))
    const first = await failure(pool.run('double', 1))
    expect(first).toBeInstanceOf(TaskModuleError)
    const attempts = attemptsIn(log)
    for (let call = 1; call <= 3; call += 1) {
      expect(await failure(pool.run('double', 1))).toBeInstanceOf(TaskModuleError)
      expect(attemptsIn(log)).toBeLessThanOrEqual(attempts + call)
    }
  })

  test('tells why in its cause', async () => {
    const pool = makePool({}, moduleWith('throws-at-load.ts', newLog()))
    const error = await failure(pool.run('double', 1))
    expect(error.cause).toMatchObject({ name: 'RangeError', message: 'not today' })
  })

  test('and threads that cannot start: that it is them, and what to do', async () => {
    const pool = makePool({ resourceLimits: { stackSizeMb: 100_000_000 } })
    const calls = [pool.run('double', 1), pool.map('double', [1]), pool.broadcast('double', 1)]
    for (const error of await Promise.all([...calls, pool.warmUp()].map(failure))) {
      expect(error).toBeInstanceOf(TaskModuleError)
      expect(error.message).toMatch(/^a thread for .* cannot be started: .* fewer `threads`/)
    }
    await pool.close()
  })

  test('and a heap that is too small to start with: what to do', async () => {
    const pool = makePool({ resourceLimits: { maxOldGenerationSizeMb: 4 } })
    const error = await failure(pool.run('double', 1))
    expect(error).toBeInstanceOf(TaskModuleError)
    expect(error.message).toMatch(/heap out of memory\. Give it more by `resourceLimits`\.$/)
  })

  test('that does not exist: what to do', async () => {
    const pool = makePool({}, new URL('./fixtures/no-such-file.ts', import.meta.url))
    const error = await failure(pool.run('double', 1))
    expect(error).toBeInstanceOf(TaskModuleError)
    expect(error.cause).toHaveProperty('code', 'ERR_MODULE_NOT_FOUND')
    await pool.destroy()
  })

  test('on a second thread leaves the first to do all the work', async () => {
    const log = newLog()
    const pool = makePool({ threads: 3 }, moduleWith('loads-once.ts', log))
    expect(await pool.run('double', 1)).toBe(2)
    const inputs = Array.from({ length: 500 }, (_, index) => index)
    expect(await pool.map('double', inputs)).toEqual(inputs.map((input) => 2 * input))
    await until(() => attemptsIn(log) > 1)
    expect(await pool.map('double', inputs)).toEqual(inputs.map((input) => 2 * input))
    expect(attemptsIn(log)).toBeLessThanOrEqual(5)
  })
})

describe('a task that is not there', OPTIONS, () => {
  test('rejects with those that there are', async () => {
    const pool = makePool()
    const error = await failure(pool.run('doubel' as 'double', 1))
    expect(error).toBeInstanceOf(TaskNotFoundError)
    expect(error.message).toContain("'double'")
    expect(error.task).toMatchObject({ name: 'doubel' })
  })

  test('is an export that is no function, too', async () => {
    const error = await failure(makePool().run('pi' as 'double', 1))
    expect(error).toBeInstanceOf(TaskNotFoundError)
  })

  test('fails a map at its first input', async () => {
    const error = await failure(makePool().map('doubel' as 'double', [1, 2]))
    expect(error).toBeInstanceOf(TaskNotFoundError)
  })
})

test.each([
  ['a URL', TASKS],
  ['the text of a URL', TASKS.href],
  ['an absolute path', TASKS.pathname],
])('a module may be given by %s', OPTIONS, async (_what, module) => {
  const pool = makePool({}, module as URL)
  expect(await pool.run('double', 2)).toBe(4)
})

function newLog(): string {
  const folder = mkdtempSync(join(tmpdir(), 'threeply-fork-join-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'log')
}

function moduleWith(file: string, log: string): URL {
  const url = new URL(`./fixtures/${file}`, import.meta.url)
  url.searchParams.set('log', log)
  return url
}

function attemptsIn(log: string): number {
  return readFileSync(log, 'utf8').split('\n').length - 1
}
