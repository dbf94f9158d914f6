import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { descendants, isRunning, start } from './program.ts'

const TIMEOUT = 60_000

/** Far more than a second is a hang, also on a machine that is busy. */
const SOON = 5_000

/** Goes on for minutes, and has processes under its process. */
const LONG = ['compare', '--claim', '2', '--rounds', '1000']

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'threeply-test-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Starts the program, and fulfils when an experiment is in the middle of it. */
async function startLong() {
  const scratch = mkdtempSync(path.join(folder, 'tmp-'))
  const report = path.join(scratch, 'report.json')
  const { child, ended } = start([...LONG, '--json', report], { env: { TMPDIR: scratch } })
  const midway = () => {
    const found = descendants(child.pid!)
    expect(found.length).toBeGreaterThan(1) // the experiment, and what it has started
    return found
  }
  const tooSoon = ended.then(({ stderr }): never => {
    throw new Error(`the program ended before it was interrupted: ${stderr}`)
  })
  const family = await Promise.race([tooSoon, vi.waitFor(midway, { timeout: TIMEOUT / 2 })])
  tooSoon.catch(() => {}) // from here on it is meant to end
  return { child, ended, scratch, report, family }
}

test.runIf(process.platform === 'linux').each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s: exit code %i, no child left, nothing written',
  { timeout: TIMEOUT },
  async (signal, code) => {
    const { child, ended, scratch, report, family } = await startLong()
    expect(existsSync(report)).toBe(false)
    const sent = performance.now()
    child.kill(signal)
    const { code: exitCode, stdout, stderr } = await ended
    expect(performance.now() - sent).toBeLessThan(SOON)
    expect(exitCode).toBe(code)
    expect(stdout).toBe('')
    expect(stderr).toBe(`1 of 1 · claim 2, memory\nthreeply: interrupted by ${signal}\n`)
    expect(family.filter(isRunning)).toEqual([])
    expect(readdirSync(scratch)).toEqual([]) // neither the report nor the scratch folder
  },
)

test.runIf(process.platform === 'linux')(
  'a second signal ends all at once, and leaves as little',
  { timeout: TIMEOUT },
  async () => {
    const { child, ended, scratch, family } = await startLong()
    child.kill('SIGINT')
    child.kill('SIGTERM') // in place of another SIGINT, which the first one could swallow
    expect([130, 143]).toContain((await ended).code) // the system chooses which arrives first
    await vi.waitFor(() => expect(family.filter(isRunning)).toEqual([]), { timeout: SOON })
    expect(readdirSync(scratch)).toEqual([])
  },
)

test.runIf(process.platform === 'linux')(
  'when the program is killed without warning, its children end by themselves',
  { timeout: TIMEOUT },
  async () => {
    const { child, ended, family } = await startLong()
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
    await vi.waitFor(() => expect(family.filter(isRunning)).toEqual([]), { timeout: TIMEOUT / 2 })
  },
)

test.runIf(process.platform === 'linux')(
  'an experiment whose process dies is a failure in one line',
  { timeout: TIMEOUT },
  async () => {
    const { ended, scratch, family } = await startLong()
    process.kill(family[0]!, 'SIGKILL')
    const { code, stdout, stderr } = await ended
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /\nthreeply: claim 2 \(memory\) could not be measured: its process gave no report: it was killed by SIGKILL\n$/,
    )
    expect(family.filter(isRunning)).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  },
)
