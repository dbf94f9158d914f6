/** The machine that measures, described. */
import os from 'node:os'
import type { Machine } from './bench.ts'

export function describeMachine(): Machine {
  return {
    cores: os.availableParallelism(),
    cpuModel: os.cpus()[0]?.model.trim().replace(/\s+/g, ' ') || os.arch(),
    // A container's share, where it is less than the machine has.
    memoryBytes: Math.min(os.totalmem(), process.constrainedMemory() || Infinity),
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    node: process.version.slice(1),
  }
}
