/** Runs the bench as its users do: in a process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

/** The folder of suites that were made for the tests. */
export const TEST_SUITES = fileURLToPath(new URL('./suites', import.meta.url))

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export function startBench(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--conditions=@threeply/source', CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  return { child, ended: ended(child) }
}

export async function bench(...args: readonly string[]): Promise<Ended> {
  return startBench(args).ended
}

async function ended(child: ChildProcess): Promise<Ended> {
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    closed,
  ])
  return { exitCode, stdout, stderr }
}
