/** The nine claims, in order: one file each, added by adding it here. */
import type { Experiment } from '../experiment.ts'
import { races } from './01-races.ts'
import { memory } from './02-memory.ts'
import { platform } from './03-platform.ts'

export const experiments: readonly Experiment[] = [races, memory, platform]
