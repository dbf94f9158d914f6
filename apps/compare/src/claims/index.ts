/** The nine claims, in order: one file each, added by adding it here. */
import type { Experiment } from '../experiment.ts'

export const experiments: readonly Experiment[] = []
