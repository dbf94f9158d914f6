/** The bench as its users run it; each test is a process. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { CaseReport } from '../src/report.ts'
import { suite as executor } from '../src/suites/executor.ts'
import { bench, startBench, TEST_SUITES } from './bench-process.ts'

vi.setConfig({ testTimeout: 120_000 })

const ours = ['--suites', TEST_SUITES]
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threeply-bench-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('results', () => {
  test('a real suite measures all its subjects, checks them and prints a table', async () => {
    const file = join(folder, 'out.json')
    const few = ['--items', '64', '--rounds', '1', '--json', file]
    const { exitCode, stdout, stderr } = await bench('executor', ...few)
    expect(stderr).toContain('executor, map: round 1 of 1, p-map\n')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/▸ threeply +[\d,.]+× (faster|slower) than /)
    const { suites } = JSON.parse(await readFile(file, 'utf8'))
    const figures = suites[0].cases.flatMap((one: CaseReport) => one.subjects)
    expect(figures).toHaveLength(executor.cases.flatMap(({ subjects }) => subjects).length)
    for (const { median } of figures) expect(median).toBeGreaterThan(0)
  })

  test('threads of our own and of a rival answer in a real suite', async () => {
    const { exitCode, stdout, stderr } = await bench(
      ...['fork-join', '--case', 'map', '--subject', 'threeply', '--subject', 'piscina'],
      ...['--subject', 'by hand, 256 a message', '--items', '600', '--rounds', '1'],
    )
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/ piscina +the best peer/)
  })

  test('--json writes everything measured, in the order asked for, and nothing else', async () => {
    const file = join(folder, 'out.json')
    const { exitCode, stdout } = await bench('tiny', ...ours, '--rounds', '2', '--json', file)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/▸ threeply +2\.00× slower than rival \?/)
    expect(JSON.parse(await readFile(file, 'utf8'))).toStrictEqual({
      schema: 'threeply.bench/1',
      node: process.version,
      cpus: availableParallelism(),
      suites: [
        {
          name: 'tiny',
          unit: 'µs',
          cases: [
            {
              case: 'share',
              subjects: [
                { subject: 'threeply', median: 2, min: 2, max: 2, rounds: [2, 2] },
                { subject: 'rival', median: 1, min: 1, max: 1, rounds: [1, 1] },
              ],
            },
          ],
        },
      ],
    })
    expect(await readdir(folder)).toEqual(['out.json'])
  })

  test('--quick takes a tenth of the items and three rounds', async () => {
    const file = join(folder, 'out.json')
    await bench('tiny', ...ours, '--quick', '--json', file)
    const { suites } = JSON.parse(await readFile(file, 'utf8'))
    expect(suites[0].cases[0].subjects[1].rounds).toEqual([0.1, 0.1, 0.1])
  })

  test('--list names suites, cases and subjects, and measures nothing', async () => {
    const { exitCode, stdout, stderr } = await bench('--list', ...ours)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('tiny: figures made up, by division (µs)\n  share: threeply | rival\n')
    expect(stdout).toContain('endless')
  })

  test('--help shows examples', async () => {
    const { exitCode, stdout } = await bench('--help')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('$ pnpm bench executor metrics --rounds 11')
  })
})

describe('a subject that fails ends the bench with 1, one line and no file', () => {
  test.each([
    ['wrong', [], 'wrong, outputs, forgetful: WrongResultError: output 2 is 3, not 2'],
    ['vanishing', ['--case', 'no number'], 'no number, subject: it gave no figure (exit code 0)'],
    ['vanishing', ['--case', 'exit'], 'exit, subject: it gave no figure (exit code 7)'],
    ['vanishing', ['--case', 'throw'], 'throw, subject: RangeError: no such luck'],
    ['vanishing', ['--case', 'pending'], 'pending, subject: '],
  ])('%s %j', async (suite, args, line) => {
    const file = join(folder, 'out.json')
    await writeFile(file, 'what was there before')
    const { exitCode, stderr } = await bench(suite, ...args, ...ours, '--json', file)
    const errors = stderr.split('\n').filter((text) => text.startsWith('bench: '))
    expect(errors).toEqual([expect.stringContaining(line)])
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(exitCode).toBe(1)
    expect(await readFile(file, 'utf8')).toBe('what was there before')
    expect(await readdir(folder)).toEqual(['out.json'])
  })
})

describe('a command line that cannot be meant ends with 2 and one line', () => {
  test.each([
    [['nope'], /^bench: unknown suite 'nope': suites are executor, .*metrics\n$/],
    [['tiny', ...ours, '--case', 'x'], /^bench: unknown case 'x': cases are share\n$/],
    [['tiny', ...ours, '--subject', 'x'], /^bench: unknown subject 'x': .* threeply \| rival\n$/],
    [['--rounds', '0'], /^bench: .*'0' is invalid.*\n$/],
    [['--rounds', '1.5'], /^bench: .*'1.5' is invalid.*\n$/],
    [['--rounds', ''], /^bench: .*'' is invalid.*\n$/],
    [['--items', '-1'], /^bench: .*'-1' is invalid.*\n$/],
    [['--ruonds', '3'], /^bench: unknown option '--ruonds' \(Did you mean --rounds\?\)\n$/],
    [['--json'], /^bench: .*argument missing\n$/],
    [['--suites', '/no/such/folder'], /^bench: .*\/no\/such\/folder\n$/],
  ])('%j', async (args, line) => {
    const { exitCode, stdout, stderr } = await bench(...args)
    expect(stderr).toMatch(line)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })
})

test('a file that cannot be written ends with 1 before anything is measured', async () => {
  for (const file of [join(folder, 'missing', 'out.json'), folder]) {
    const { exitCode, stdout, stderr } = await bench('tiny', ...ours, '--json', file)
    expect(stderr).toMatch(/^bench: cannot write .*: E\w+\n$/)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  }
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends with %d, the measured process gone and no file left', async (signal, code) => {
  const pidFile = join(folder, 'pid')
  const { child, ended } = startBench(['endless', ...ours, '--json', join(folder, 'out.json')], {
    BENCH_TEST_PID_FILE: pidFile,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await vi.waitUntil(() => existsSync(pidFile), { timeout: 60_000 })
  const pid = Number(await readFile(pidFile, 'utf8'))
  child.kill(signal)
  const { exitCode, stderr } = await ended
  expect(exitCode).toBe(code)
  expect(stderr).toContain(`bench: interrupted by ${signal}\n`)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(await readdir(folder)).toEqual(['pid'])
})

test('when nobody reads any more it ends with 0, quietly, and leaves no file', async () => {
  const json = ['--json', join(folder, 'out.json')]
  const { child, ended } = startBench(['tiny', 'vanishing', ...ours, '--rounds', '1', ...json])
  child.stdout.destroy() // before the first table
  const { exitCode, stderr } = await ended
  expect(stderr).not.toContain('bench: ')
  expect(exitCode).toBe(0)
  expect(await readdir(folder)).toEqual([])
})
