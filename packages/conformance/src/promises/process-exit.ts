/** A runner keeps the process alive for accepted work, and for nothing else. */
import { execFile } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Subject } from '../subject.ts'

const PROGRAM = new URL('../process-exit-program.ts', import.meta.url)

/** A process that has not ended by then hangs. */
const PATIENCE = 40_000

interface Ending {
  readonly exitCode: number | string | null
  readonly stdout: string
  readonly stderr: string
}

export function processExitPromise({ can }: Subject): void {
  const { adapter } = can
  describe.skipIf(adapter === undefined)('a process', () => {
    const scenarios: [scenario: string, stdout: string, applies?: boolean][] = [
      ['ends beside a runner that was never used', ''],
      ['ends beside an idle runner that nobody closed', 'output 1\n'],
      ['lives as long as a task that it awaits', 'output late\n'],
      ['lives as long as a task that nobody awaits', 'output late\n'],
      ['ends after close', 'output 1\n'],
      ['ends after destroy', 'ERR_THREEPLY_CLOSED\n', can.destroy],
      ['ends after failures that were handled', 'handled\n'],
      ['ends before a timeout that is no longer needed', 'output 1\n', can.timeout],
      ['ends after an abort', 'stopped\n'],
      ['ends after a map that failed', 'ERR_ORDER\n', can.map],
      ['ends after a stream that was left', 'left\n', can.stream],
      ['has shown what a task wrote before it settles', `${'written\n'.repeat(500)}output 500\n`],
      ['has shown what a task wrote that failed', `${'written\n'.repeat(500)}ERR_ORDER\n`],
    ]
    for (const [scenario, stdout, applies = true] of scenarios) {
      test.runIf(applies)(scenario, async () => {
        const ending = await runProgram(adapter!, scenario)
        expect(ending).toEqual({ exitCode: 0, stdout, stderr: '' })
      })
    }
  })
}

function runProgram(adapter: URL, scenario: string): Promise<Ending> {
  const args = ['--conditions=@threeply/source', '--no-warnings', PROGRAM.pathname]
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE, killSignal: 'SIGKILL', env: plainEnvironment() } as const
    execFile(
      process.execPath,
      [...args, adapter.href, scenario],
      options,
      (error, stdout, stderr) => {
        resolve({
          exitCode: error === null ? 0 : (error.code ?? error.signal ?? null),
          stdout,
          stderr,
        })
      },
    )
  })
}

/** Without what vitest sets for its own threads and processes. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...environment } = process.env
  return environment
}
