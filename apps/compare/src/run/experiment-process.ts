/**
 * An experiment in a process of its own. Nothing that one experiment leaves behind counts in the next;
 * and the program itself stays free to hear Ctrl-C, however long an experiment blocks.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { debuglog } from 'node:util'
import { ended } from '../isolation/child-end.ts'
import { COMPILE_CACHE } from '../isolation/compile-cache.ts'
import { withGc } from '../isolation/fresh-process.ts'
import { endGroup, killGroup } from '../isolation/process-group.ts'
import type { CompareOptions, Machine } from '../measure/bench.ts'
import type { ClaimReport } from '../report.ts'
import type { FromExperiment, ToExperiment } from './messages.ts'

export interface ExperimentRun {
  readonly machine: Machine
  readonly options: CompareOptions
  readonly signal: AbortSignal
  /** Becomes the experiment's `os.tmpdir()`. */
  readonly scratch: string
  readonly onProgress: (step: string) => void
}

const ENTRY = fileURLToPath(new URL('./experiment-entry.ts', import.meta.url))

/** How long an interrupted experiment has to put things away, in milliseconds. */
const GRACE = 400 // Ctrl-C is to end everything within a second

/** `NODE_DEBUG=threeply` shows stacks, and what experiments write to stderr. */
const debug = debuglog('threeply')

/**
 * Measures the claim and judges it.
 * Aborting: the experiment is asked to end, and killed when it has not after a moment; the call rejects
 * with `signal.reason` when it and all that it has started are gone.
 */
export async function runExperiment(claim: number, run: ExperimentRun): Promise<ClaimReport> {
  run.signal.throwIfAborted()
  const child = fork(ENTRY, [], {
    detached: true, // leads a group, which can be killed as one, and does not get the terminal's Ctrl-C
    execArgv: withGc(process.execArgv),
    env: {
      ...process.env,
      ...{ TMPDIR: run.scratch, TEMP: run.scratch, TMP: run.scratch },
      NODE_COMPILE_CACHE: COMPILE_CACHE,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const kill = () => killGroup(child)
  process.once('exit', kill)
  try {
    return await converse(child, claim, run)
  } finally {
    await endGroup(child) // what the experiment may have left running
    process.removeListener('exit', kill)
  }
}

async function converse(
  child: ChildProcess,
  claim: number,
  run: ExperimentRun,
): Promise<ClaimReport> {
  const { machine, options, signal, onProgress } = run
  const say = (message: ToExperiment) => {
    child.send(message, (error) => {
      if (error) debug('claim %d did not hear %s: %s', claim, message.type, error.message)
    })
  }
  let result: FromExperiment | undefined
  child.on('message', (message: FromExperiment) => {
    if (message.type === 'progress') onProgress(message.step)
    else result = message
  })
  child.stderr?.on('data', (text) => debug('claim %d: %s', claim, String(text).trimEnd()))

  let killing: NodeJS.Timeout | undefined
  const abort = () => {
    killing = setTimeout(killGroup, GRACE, child)
    say({ type: 'abort' })
  }
  signal.addEventListener('abort', abort, { once: true })
  say({ type: 'measure', claim, machine, options })
  const { how } = await ended(child).finally(() => {
    clearTimeout(killing)
    signal.removeEventListener('abort', abort)
  })

  signal.throwIfAborted()
  if (result?.type === 'measured') return result.report
  if (result?.type !== 'failed') throw new Error(`its process gave no report: it ${how}`)
  debug('claim %d: %s', claim, result.stack)
  throw new Error(result.message)
}
