/** What keeps a process alive and what does not, each in a process of its own. */
import { execFile } from 'node:child_process'
import { describe, expect, test } from 'vitest'

/** A process that has not ended by then hangs. */
const PATIENCE = 40_000

const PROGRAM = new URL('./fixtures/process-program.ts', import.meta.url).pathname

describe('a process', { timeout: PATIENCE + 10_000 }, () => {
  test.each([
    ['a running thread keeps it alive', 'late\n'],
    ['a thread spawned with ref: false does not', 'at the end\n'],
    ['an unrefed thread stays so, whatever listens to it', 'at the end\n'],
    ['unref while it starts is enough', 'at the end\n'],
    ['ref after unref keeps it alive again', 'late\n'],
    ['who stops an unrefed thread sees its end', 'stopped\nterminated\n'],
    ['spares do not keep it alive', '3\n'],
    [
      'failures that nobody looks at are none of its own',
      'failed failed failed failed failed exited\n',
    ],
    ['what a task writes last is not lost', lines(1_000)],
  ])('%s', async (scenario, stdout) => {
    expect(await run(PROGRAM, scenario)).toEqual({ exitCode: 0, stdout, stderr: '' })
  })

  test('no thread is left after shutdown', async () => {
    const { exitCode, stdout } = await run(PROGRAM, 'no thread is left after shutdown')
    expect(stdout).toMatch(/^((stopped|terminated) ){5}0\n$/)
    expect(exitCode).toBe(0)
  })

  test('may be given as text, with --input-type, which a thread could not take', async () => {
    const program = `
      import { DetachedRunner } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url))}
      const runner = new DetachedRunner(${JSON.stringify(new URL('./fixtures/tasks.ts', import.meta.url))})
      console.log(await runner.spawn('add', [1, 2]).join())`
    const ending = await run('--input-type=module', '--eval', program)
    expect(ending).toEqual({ exitCode: 0, stdout: '3\n', stderr: '' })
  })
})

interface Ending {
  readonly exitCode: unknown
  readonly stdout: string
  readonly stderr: string
}

function run(...program: string[]): Promise<Ending> {
  const args = ['--conditions=@threeply/source', '--no-warnings', ...program]
  // Without what vitest sets for its own threads and processes.
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...env } = process.env
  const options = { timeout: PATIENCE, killSignal: 'SIGKILL', env } as const
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : (error.code ?? error.signal), stdout, stderr })
    })
  })
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index}\n`).join('')
}
