/** The end of a child process that talks over an IPC channel. */
import type { ChildProcess } from 'node:child_process'

export interface ChildEnd {
  /** `exited with code 1` or `was killed by SIGKILL`, and the last line that it wrote to stderr. */
  readonly how: string
}

/** How much of stderr is kept. */
const STDERR_KEPT = 2_000 // the last lines tell why a process died

/**
 * Fulfils when the process is gone and everything that it sent has been received: `exit` alone can
 * come before the last message. Rejects when it could not be started.
 */
export function ended(child: ChildProcess): Promise<ChildEnd> {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_KEPT)
  })
  const disconnected = new Promise<void>((resolve) => child.once('disconnect', resolve))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', async (exitCode, signal) => {
      await disconnected
      const how = signal ? `was killed by ${signal}` : `exited with code ${exitCode}`
      const why = said.trim().split('\n').at(-1)
      resolve({ how: why ? `${how}: ${why}` : how })
    })
  })
}
