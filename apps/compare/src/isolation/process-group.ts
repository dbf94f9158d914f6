/** A process and all that it starts, ended as one. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long killed processes may take to be gone, and how often that is looked at; milliseconds. */
const PATIENCE = 300 // longer, and what is left is a zombie that its init does not collect
const LOOK = 5

/**
 * Kills a process that was started `detached`, and every process that it has started, also after it
 * has ended itself. Where there are no process groups (Windows), only the process.
 */
export function killGroup(leader: ChildProcess): void {
  if (process.platform === 'win32') leader.kill('SIGKILL')
  else signalGroup(leader, 'SIGKILL')
}

/** Kills as {@link killGroup} does, and fulfils when all of them are gone: dying takes a while. */
export async function endGroup(leader: ChildProcess): Promise<void> {
  killGroup(leader)
  if (process.platform === 'win32') return
  const deadline = performance.now() + PATIENCE
  while (signalGroup(leader, 0) && performance.now() < deadline) await sleep(LOOK)
}

/** Whether there was a process to get the signal; 0 is none, and only asks. */
function signalGroup(leader: ChildProcess, signal: 'SIGKILL' | 0): boolean {
  if (leader.pid === undefined) return false
  try {
    return process.kill(-leader.pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false // gone; macOS says EPERM for zombies
    throw error
  }
}
