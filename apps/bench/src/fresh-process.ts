/** Measures a subject where nothing has run before it: in a Node process that it has for itself. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { BenchError } from './failure.ts'

const ONE_SUBJECT = fileURLToPath(new URL('./one-subject.ts', import.meta.url))

/** The same for all: `gc()` is there for what measures the heap. */
const NODE_OPTIONS = ['--conditions=@threeply/source', '--expose-gc', '--no-warnings']

/** A subject that has not ended by then never will. */
const TIME_LIMIT = 180_000 // the slowest takes some 20 s where the machine is busy

export interface Measurement {
  readonly folder: string
  readonly suite: string
  readonly case: string
  readonly subject: string
  readonly items: number
}

/**
 * @returns The figure that the subject measured.
 * @throws {BenchError} exit code 1: it failed, gave a wrong result, or did not end
 * @throws `signal.reason` when aborted; the process is killed then.
 */
export async function measureInFreshProcess(
  measurement: Measurement,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted()
  const { folder, suite, subject, items } = measurement
  const command = [...NODE_OPTIONS, ONE_SUBJECT, folder, suite, measurement.case, subject]
  const child = spawn(process.execPath, [...command, String(items)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`))
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  const timer = setTimeout(kill, TIME_LIMIT)
  const start = performance.now()
  const [output, errors, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  clearTimeout(timer)
  signal.removeEventListener('abort', kill)
  signal.throwIfAborted()

  const figure = figureIn(output)
  if (end === 'exit code 0' && figure !== undefined) return figure
  const late = performance.now() - start >= TIME_LIMIT
  const why = late ? `did not end within ${TIME_LIMIT / 1_000} s` : reasonIn(errors, end)
  throw BenchError.failed(`${suite}, ${measurement.case}, ${subject}: ${why}`)
}

function figureIn(output: string): number | undefined {
  const lastLine = output.trimEnd().split('\n').at(-1) ?? '' // a rival may print before us
  if (!lastLine.startsWith('{"figure":')) return undefined
  const { figure }: { figure: number | null } = JSON.parse(lastLine)
  return figure ?? undefined // JSON has null for NaN
}

/** What went wrong, in a line. Above the error's name Node may print where it was thrown. */
function reasonIn(errors: string, end: string): string {
  const lines = errors.split('\n').filter((line) => line.trim() !== '')
  const error = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0]
  return error ?? `it gave no figure (${end})`
}
