/** The nine claims, in order: one file each, added by adding it here. */
import type { Experiment } from '../experiment.ts'
import { memory } from './02-memory.ts'

export const experiments: readonly Experiment[] = [memory]
