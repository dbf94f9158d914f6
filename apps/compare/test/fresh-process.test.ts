import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inFreshProcess } from '../src/isolation/fresh-process.ts'
import { isRunning } from './program.ts'

const module = new URL('./fixtures/fresh.ts', import.meta.url).href
const forever = new AbortController().signal
const TIMEOUT = 30_000

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'threeply-test-'))
  file = path.join(folder, 'pid')
})

afterEach(() => rmSync(folder, { recursive: true }))

/** The process id that a fixture has written into the file. */
async function pidIn(file: string): Promise<number> {
  await vi.waitFor(() => expect(existsSync(file) && readFileSync(file, 'utf8')).toBeTruthy(), {
    timeout: TIMEOUT,
  })
  return Number(readFileSync(file, 'utf8'))
}

test('every call has a process of its own', async () => {
  const call = { module, name: 'countCalls' }
  expect(await inFreshProcess(call, forever)).toBe(1)
  expect(await inFreshProcess(call, forever)).toBe(1)
})

test('input and output travel, and garbage can be collected', async () => {
  const input = { list: [1, 'two', null] }
  const output = await inFreshProcess<{ pid: number }>({ module, name: 'echo', input }, forever)
  expect(output).toMatchObject({ input, hasGc: true })
  expect(output.pid).not.toBe(process.pid)
})

test('what the function throws comes back with the name of the function', async () => {
  await expect(inFreshProcess({ module, name: 'fail' }, forever)).rejects.toThrow(
    /fail of .*fresh\.ts.* failed: the disk is full/,
  )
})

test('a function that is not there is an error', async () => {
  await expect(inFreshProcess({ module, name: 'missing' }, forever)).rejects.toThrow(
    "has no function 'missing'",
  )
})

test('a process that dies is an error with its exit code and last words', async () => {
  await expect(inFreshProcess({ module, name: 'die' }, forever)).rejects.toThrow(
    'exited with code 7: the last words',
  )
})

test('aborting kills the process, blocked as it is, and rejects with the reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const run = inFreshProcess({ module, name: 'hang', input: file }, controller.signal)
  run.catch(() => {}) // it is awaited below, once the process hangs
  const pid = await pidIn(file)
  controller.abort(reason)
  await expect(run).rejects.toBe(reason)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test.runIf(process.platform === 'linux')(
  'a fresh process ends when its parent is killed without warning',
  async () => {
    const program = fileURLToPath(new URL('./fixtures/fresh-parent.ts', import.meta.url))
    const parent = spawn(process.execPath, [program, file], { stdio: 'ignore' })
    const pid = await pidIn(file)
    parent.kill('SIGKILL')
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: TIMEOUT })
  },
  60_000,
)

test('nothing is started for a signal that is aborted already', async () => {
  const reason = new Error('too late')
  await expect(
    inFreshProcess({ module, name: 'countCalls' }, AbortSignal.abort(reason)),
  ).rejects.toBe(reason)
})
