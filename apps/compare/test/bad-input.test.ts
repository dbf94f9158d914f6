import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, threeply } from './program.ts'

const TIMEOUT = 60_000 // the machine may be busy

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'threeply-test-'))
  mkdirSync(path.join(folder, 'empty'))
  mkdirSync(path.join(folder, 'no-text'))
  writeFileSync(path.join(folder, 'no-text', 'picture.png'), Buffer.from([0x89, 0x50, 0, 0]))
  writeFileSync(path.join(folder, 'no-text', 'nothing.txt'), '')
  writeFileSync(path.join(folder, 'no-text', '.hidden.txt'), 'hidden')
})

afterAll(() => rmSync(folder, { recursive: true }))

/** One line, no stack, nothing measured. */
function expectOneLine({ stdout, stderr }: Ended, line: string | RegExp): void {
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^threeply: [^\n]+\n$/)
  expect(stderr).toMatch(line)
}

describe.concurrent('usage, exit code 2', () => {
  test.each<[args: string[], line: string | RegExp]>([
    [['compar'], "threeply: unknown command 'compar' (did you mean compare?)\n"],
    [['--quick'], "unknown option '--quick'"],
    [['help', 'compar'], "unknown command 'compar'"],
    [['compare', '--quik'], "unknown option '--quik' (did you mean --quick?)\n"],
    [['compare', 'everything'], /too many arguments.*everything/],
    [['compare', '--claim', '12'], 'threeply: unknown claim 12: claims are 1 to '],
    [['compare', '--claim', '0'], 'unknown claim 0'],
    [['compare', '--claim', '-1'], 'unknown claim -1'],
    [['compare', '--claim', '2.5'], 'unknown claim 2.5'],
    [['compare', '--claim', 'races'], 'unknown claim races'],
    [['compare', '--claim', ''], "unknown claim ''"],
    [['compare', '--claim', '2,'], "unknown claim ''"],
    [['compare', '--claim', '2', '12'], 'unknown claim 12'],
    [['compare', '--claim', 'a\nb\u001B[2J'], 'unknown claim a b\\x1b[2J'],
    [['compare', '--claim'], /'--claim <n...>' argument missing/],
    [['compare', '--threads', '-2'], "--threads is '-2'; it takes a whole number from 1 to 256"],
    [['compare', '--threads', '0'], "--threads is '0'"],
    [['compare', '--threads', '1.5'], "--threads is '1.5'"],
    [['compare', '--threads', 'NaN'], "--threads is 'NaN'"],
    [['compare', '--threads', ''], "--threads is ''"],
    [['compare', '--threads', '1e3'], "--threads is '1e3'"],
    [['compare', '--threads', '100000'], "--threads is '100000'"],
    [['compare', '--threads=Infinity'], "--threads is 'Infinity'"],
    [['compare', '--rounds', '0'], "--rounds is '0'"],
    [['compare', '--rounds', 'many'], "--rounds is 'many'"],
    [['compare', '--rounds', '9999999'], "--rounds is '9999999'"],
    [['compare', '--seed', '-1'], "--seed is '-1'; it takes a whole number of 0 or more"],
    [['compare', '--seed', '9007199254740993'], "--seed is '9007199254740993'"],
    [
      ['compare', '--url', 'localhost'],
      '--url localhost is no URL that can be called: it takes http:// or https://',
    ],
    [['compare', '--url', ''], "--url '' is no URL"],
    [['compare', '--url', 'ftp://127.0.0.1/'], '--url ftp://127.0.0.1/ is no URL'],
    [['compare', '--url', 'localhost:3000'], '--url localhost:3000 is'],
    [['compare', '--input', ''], "--input is ''"],
    [['compare', '--json', ''], "--json is ''"],
  ])('threeply %j', { timeout: TIMEOUT }, async (args, line) => {
    const ended = await threeply(...args)
    expectOneLine(ended, line)
    expect(ended.code).toBe(2)
  })

  test.each<[name: string, line: string]>([
    ['missing', 'does not exist'],
    ['empty', 'has no text files in it'],
    ['no-text', 'has no text files in it'],
    ['no-text/picture.png', 'is no folder'],
    ['no-text/picture.png/below', 'cannot be read'],
  ])('--input %s', { timeout: TIMEOUT }, async (name, line) => {
    const ended = await threeply('compare', '--input', path.join(folder, name))
    expectOneLine(ended, line)
    expect(ended.code).toBe(2)
  })

  test('no command: help on stderr', { timeout: TIMEOUT }, async () => {
    const { code, stdout, stderr } = await threeply()
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Usage: threeply /)
  })
})

describe.concurrent('failures, exit code 1', () => {
  test('a service that cannot be reached', { timeout: TIMEOUT }, async () => {
    const server = http.createServer()
    const url = await listen(server)
    server.close()
    const ended = await threeply('compare', '--quick', '--url', url)
    expectOneLine(ended, `${url}/ cannot be reached: `)
    expect(ended.code).toBe(1)
  })

  test('a service that answers only errors', { timeout: TIMEOUT }, async () => {
    let asked = 0
    const server = http.createServer((_, response) => {
      asked += 1
      response.writeHead(503).end()
    })
    const url = await listen(server)
    const ended = await threeply('compare', '--quick', '--url', `${url}/health`)
    server.close()
    expectOneLine(ended, `${url}/health answers only errors: 503 Service Unavailable`)
    expect(ended.code).toBe(1)
    expect(asked).toBeGreaterThan(1)
  })

  test('a service that hangs up', { timeout: TIMEOUT }, async () => {
    const server = http.createServer((request) => request.socket.destroy())
    const url = await listen(server)
    const ended = await threeply('compare', '--quick', '--url', url)
    server.close()
    expectOneLine(ended, 'cannot be reached')
    expect(ended.code).toBe(1)
  })

  test.each<[file: string, line: string]>([
    ['missing/report.json', 'its folder does not exist'],
    ['empty', 'it is a folder'],
    ['no-text/picture.png/report.json', 'its folder is no folder'],
    ['/dev/full', 'no space is left on the device'],
  ])('--json %s, before anything is measured', { timeout: TIMEOUT }, async (file, line) => {
    const before = readdirSync(folder, { recursive: true }).sort()
    const ended = await threeply('compare', '--quick', '--json', path.resolve(folder, file))
    expectOneLine(ended, line)
    expect(ended.code).toBe(1)
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before)
  })

  test('a wrong option is told before a missing folder is', { timeout: TIMEOUT }, async () => {
    const json = path.join(folder, 'missing/report.json')
    const ended = await threeply('compare', '--json', json, '--threads', '0')
    expect(ended.code).toBe(2)
  })
})

describe.concurrent('help and version', () => {
  test.each([[['--help']], [['help']], [['compare', '--help']], [['help', 'compare']]])(
    'threeply %j prints help on stdout',
    { timeout: TIMEOUT },
    async (args) => {
      const { code, stdout, stderr } = await threeply(...args)
      expect(code).toBe(0)
      expect(stderr).toBe('')
      expect(stdout).toMatch(/^Usage: threeply /)
    },
  )

  test('compare --help has examples', { timeout: TIMEOUT }, async () => {
    const { stdout } = await threeply('compare', '--help')
    expect(stdout).toContain('$ threeply compare --claim 6 7')
  })

  test.each([[['--version']], [['-V']], [['compare', '--version']]])(
    'threeply %j prints the version',
    { timeout: TIMEOUT },
    async (args) => {
      const { code, stdout } = await threeply(...args)
      expect(code).toBe(0)
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    },
  )
})

function listen(server: http.Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
}
