/** The nine claims, in order: one file each, added by adding it here. */
import type { Experiment } from '../experiment.ts'
import { races } from './01-races.ts'
import { memory } from './02-memory.ts'
import { platform } from './03-platform.ts'
import { forkJoin } from './04-fork-join.ts'
import { detached } from './05-detached.ts'
import { cpu } from './06-cpu.ts'
import { io } from './07-io.ts'
import { order } from './08-order.ts'
import { fit } from './09-fit.ts'

export const experiments: readonly Experiment[] = [
  races,
  memory,
  platform,
  forkJoin,
  detached,
  cpu,
  io,
  order,
  fit,
]
