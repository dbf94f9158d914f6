/** The bench that experiments get. */

import { inFreshProcess } from '../isolation/fresh-process.ts'
import type { Bench, CompareOptions, Machine } from './bench.ts'
import { interleave } from './interleave.ts'
import { seededRandom } from './random.ts'

/** Milliseconds for one experiment: nine of them in a minute, or in a quarter of one. */
const BUDGET = 6_000
const QUICK_BUDGET = 1_500

export interface BenchSettings {
  readonly machine: Machine
  readonly options: CompareOptions
  readonly signal: AbortSignal
  readonly onProgress: (step: string) => void
}

export function createBench({ machine, options, signal, onProgress }: BenchSettings): Bench {
  const budget = options.quick ? QUICK_BUDGET : BUDGET
  return {
    machine,
    options,
    signal,
    budget,
    interleave: (subjects, settings) =>
      interleave(subjects, {
        rounds: options.rounds ?? settings.rounds,
        warmUp: settings.warmUp ?? true,
        budget: options.rounds === undefined ? (settings.budget ?? budget) : Infinity,
        signal,
      }),
    scale: (full, quick) => (options.quick ? quick : full),
    random: () => seededRandom(options.seed),
    inFreshProcess: (module, name, input) =>
      inFreshProcess({ module: module.href, name, input }, signal),
    progress: onProgress,
  }
}
