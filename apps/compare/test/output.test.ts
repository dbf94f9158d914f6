import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openOutputFile } from '../src/output-file.ts'
import { start, threeply } from './program.ts'

const TIMEOUT = 120_000

let root: string
let folder: string

beforeAll(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'threeply-test-'))
})

beforeEach(() => {
  folder = mkdtempSync(path.join(root, 'case-'))
})

afterAll(() => rmSync(root, { recursive: true }))

const isRoot = process.getuid?.() === 0

describe('an output file', () => {
  test('is there once all of it is written, and nothing beside it', () => {
    const file = path.join(folder, 'report.json')
    const output = openOutputFile(file)
    expect(readdirSync(folder)).not.toContain('report.json')
    output.commit('all of it\n')
    expect(readFileSync(file, 'utf8')).toBe('all of it\n')
    expect(readdirSync(folder)).toEqual(['report.json'])
    output.discard()
    expect(readdirSync(folder)).toEqual(['report.json'])
  })

  test('that is discarded leaves what was there as it was', () => {
    const file = path.join(folder, 'report.json')
    writeFileSync(file, 'the former one')
    const output = openOutputFile(file)
    expect(readFileSync(file, 'utf8')).toBe('the former one')
    output.discard()
    expect(readFileSync(file, 'utf8')).toBe('the former one')
    expect(readdirSync(folder)).toEqual(['report.json'])
  })

  test('keeps the mode of the one that it replaces', () => {
    const file = path.join(folder, 'report.json')
    writeFileSync(file, 'the former one')
    chmodSync(file, 0o600)
    openOutputFile(file).commit('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('behind a link is written, and the link stays', () => {
    const target = path.join(folder, 'target.json')
    const link = path.join(folder, 'link.json')
    symlinkSync('target.json', link)
    openOutputFile(link).commit('first') // the target is not there yet
    openOutputFile(link).commit('second')
    expect(readFileSync(target, 'utf8')).toBe('second')
    expect(readFileSync(link, 'utf8')).toBe('second')
    expect(readdirSync(folder).sort()).toEqual(['link.json', 'target.json'])
  })

  test('may be a device, which is not replaced', () => {
    openOutputFile('/dev/null').commit('nobody reads this')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test.skipIf(isRoot)('without permission is refused', () => {
    const file = path.join(folder, 'report.json')
    writeFileSync(file, 'the former one')
    chmodSync(file, 0o400)
    expect(() => openOutputFile(file)).toThrow('no permission')
    chmodSync(folder, 0o500)
    expect(() => openOutputFile(path.join(folder, 'other.json'))).toThrow('no permission')
    chmodSync(folder, 0o700)
  })
})

describe('compare', () => {
  test('writes what was measured to --json, and the table to stdout', {
    timeout: TIMEOUT,
  }, async () => {
    const file = path.join(folder, 'report.json')
    const { code, stdout, stderr } = await threeply(
      'compare',
      '--quick',
      '--claim',
      '2',
      '--json',
      file,
    )
    expect(code).toBe(0)
    expect(stderr).toBe('1 of 1 · claim 2, memory\n')
    expect(stdout).toContain('HOLDS')
    expect(stdout).not.toContain('\u001B')
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    const report = JSON.parse(readFileSync(file, 'utf8'))
    expect(Object.keys(report)).toEqual(['schema', 'machine', 'options', 'claims'])
    expect(report.schema).toBe('threeply.compare/1')
    expect(report.options).toMatchObject({ quick: true, seed: 1 })
    expect(report.claims).toHaveLength(1)
    const [claim] = report.claims
    expect(claim).toMatchObject({ id: 2, slug: 'memory', verdict: 'holds' })
    expect(Object.keys(claim)).toEqual([
      'id',
      'slug',
      'question',
      'refutedBy',
      'verdict',
      'evidence',
      'data',
    ])
    expect(claim.data.threads[0].length).toBeGreaterThan(2)
    expect(readdirSync(folder)).toEqual(['report.json'])
  })

  test('--json - writes the JSON alone to stdout', { timeout: TIMEOUT }, async () => {
    const { code, stdout } = await threeply('compare', '--quick', '--claim=2', '--json', '-')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).claims).toHaveLength(1)
  })

  test('claims can be named in three ways, once each is enough', { timeout: TIMEOUT }, async () => {
    const { code, stdout } = await start(
      ['compare', '--quick', '--claim', '2,2', '--claim', '2', '2', '--json=-'],
      { cwd: folder },
    ).ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout).claims.map(({ id }: { id: number }) => id)).toEqual([2])
  })

  test('colours the table only where it is told to', { timeout: TIMEOUT }, async () => {
    const { stdout } = await start(['compare', '--quick', '--claim', '2'], {
      env: { NO_COLOR: undefined, FORCE_COLOR: '1' },
    }).ended
    expect(stdout).toContain('\u001B[32m')
  })

  test('ends quietly when nobody reads its output', { timeout: TIMEOUT }, async () => {
    const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
    const program = `'${process.execPath}' --conditions=@threeply/source '${cli}'`
    for (const args of ['--help', 'compare --quick --claim 2']) {
      // `true` has ended long before anything is written; the exit code is that of the program.
      const pipeline = `set -o pipefail; ${program} ${args} | true`
      const shell = spawn('bash', ['-c', pipeline], { stdio: ['ignore', 'ignore', 'pipe'] })
      let stderr = ''
      shell.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text
      })
      const code = await new Promise((resolve) => shell.once('close', resolve))
      expect(code).toBe(0)
      expect(stderr).not.toMatch(/EPIPE|Error|threeply:/)
    }
  })

  test.runIf(process.platform === 'linux')(
    'a full stdout is a failure in one line',
    { timeout: TIMEOUT },
    async () => {
      const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
      const program = `'${process.execPath}' --conditions=@threeply/source '${cli}'`
      const shell = spawn('bash', ['-c', `${program} --help > /dev/full`], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let stderr = ''
      shell.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text
      })
      expect(await new Promise((resolve) => shell.once('close', resolve))).toBe(1)
      expect(stderr).toMatch(/^threeply: cannot write to standard output: [^\n]+\n$/)
    },
  )
})
