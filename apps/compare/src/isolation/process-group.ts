/** A process and all that it starts, ended as one. */
import type { ChildProcess } from 'node:child_process'

/**
 * Kills a process that was started `detached`, and every process that it has started, also after it
 * has ended itself. Where there are no process groups (Windows), only the process.
 */
export function killGroup(leader: ChildProcess): void {
  if (leader.pid === undefined) return
  if (process.platform === 'win32') {
    leader.kill('SIGKILL')
    return
  }
  try {
    process.kill(-leader.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // all of them are gone
  }
}
