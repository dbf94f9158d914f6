/** A function called in a Node process of its own, where nothing that ran before counts. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ended } from './child-end.ts'

/** What goes to the process. */
export interface Call {
  /** The module's URL. */
  readonly module: string
  readonly name: string
  readonly input?: unknown
}

/** What comes back from it. */
export type Reply = { readonly output?: unknown } | { readonly thrown: string }

const ENTRY = fileURLToPath(new URL('./fresh-process-entry.ts', import.meta.url))

/**
 * Calls the export `name` of `module` in a fresh process; input and output are JSON.
 * Aborting: the process is killed, and the call rejects with `signal.reason`.
 */
export async function inFreshProcess<Output>(call: Call, signal: AbortSignal): Promise<Output> {
  signal.throwIfAborted()
  const child = fork(ENTRY, [], {
    execArgv: withGc(process.execArgv),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let reply: Reply | undefined
  child.on('message', (message) => {
    reply = message as Reply
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  child.send(call, (error) => {
    if (error) kill() // it has died already; how, its end says
  })
  const { how } = await ended(child).finally(() => signal.removeEventListener('abort', kill))

  signal.throwIfAborted()
  const what = `${call.name} of ${call.module}, in a process of its own,`
  if (reply === undefined) throw new Error(`${what} gave no output: it ${how}`)
  if ('thrown' in reply) throw new Error(`${what} failed: ${reply.thrown}`)
  return reply.output as Output
}

/** The flags of this process, and `globalThis.gc`, so that memory can be measured without garbage. */
export function withGc(execArgv: readonly string[]): string[] {
  return [...execArgv.filter((flag) => flag !== '--expose-gc'), '--expose-gc']
}
