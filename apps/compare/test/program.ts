/** The program as its users run it, for tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the program; not with a shell between, so that signals reach it. */
export function start(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--conditions=@threeply/source', CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...options.env },
  })
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      output.then(([stdout, stderr]) => resolve({ code, signal, stdout, stderr }), reject)
    })
  })
  return { child, ended }
}

/** Runs the program to its end. */
export function threeply(...args: readonly string[]): Promise<Ended> {
  return start(args).ended
}

/** The processes that `pid` has started, and those that they have, as Linux tells. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(Number(name))
    if (parent !== undefined) parents.set(Number(name), parent)
  }
  const found: number[] = []
  const search = (ancestor: number) => {
    for (const [child, parent] of parents) {
      if (parent !== ancestor) continue
      found.push(child)
      search(child)
    }
  }
  search(pid)
  return found
}

/** Whether the process is there, and no zombie that waits to be collected. */
export function isRunning(pid: number): boolean {
  return parentOf(pid) !== undefined
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined // it has ended
    throw error
  }
}
