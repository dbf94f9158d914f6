/** Starts a server in a process of its own on loopback, and ends it again. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Started } from './parent-link.ts'

/** A server that listens. */
export interface ServerProcess extends AsyncDisposable {
  /** Without a slash at the end: `http://127.0.0.1:40123`. */
  readonly url: string
  readonly pid: number
  /** Ends the process and waits until it, and what it kept on disk, is gone. */
  close(): Promise<void>
}

/** How long the process may take to clean up before it is killed. */
const GRACE = 1_000

/** More of what it wrote than anybody reads. */
const MOST_STDERR = 4_000

/**
 * Runs the module `entry`, which calls `serveUntilParentEnds`, and waits until it listens. The process
 * ends when this one does, however that ends.
 * @param settings What the entry gets, as JSON.
 * @param signal Ends the process too; a start under way rejects with its reason.
 */
export async function startServer(
  entry: URL,
  settings: unknown,
  signal: AbortSignal,
): Promise<ServerProcess> {
  signal.throwIfAborted()
  const child = fork(fileURLToPath(entry), [JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let folder: string | undefined
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= end(child, folder).finally(() => signal.removeEventListener('abort', close))
    return closing
  }
  signal.addEventListener('abort', close)
  try {
    const started = await waitForStart(child)
    folder = started.folder
    letParentExit(child)
    return { url: started.url, pid: child.pid!, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw signal.aborted ? signal.reason : error
  }
}

async function waitForStart(child: ChildProcess): Promise<Started> {
  let written = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-MOST_STDERR)
  })
  const settled = new AbortController()
  try {
    return await Promise.race([
      once(child, 'message', { signal: settled.signal }).then(([started]) => started as Started),
      once(child, 'exit', { signal: settled.signal }).then(([code, name]) => {
        throw new Error(`the server ended with ${name ?? `code ${code}`} before it listened`, {
          cause: written,
        })
      }),
    ])
  } finally {
    settled.abort()
  }
}

/** A server that nobody closed must not keep this process alive. */
function letParentExit(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
  ;(child.stderr as unknown as { unref(): void }).unref()
}

async function end(child: ChildProcess, folder: string | undefined): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    child.ref()
    const exited = once(child, 'exit')
    if (child.connected) child.disconnect() // it ends when it sees this
    const killer = setTimeout(() => child.kill('SIGKILL'), GRACE)
    await exited
    clearTimeout(killer)
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}
