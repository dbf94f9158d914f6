/** The bench that experiments get. */

import { median } from 'simple-statistics'
import { inFreshProcess } from '../isolation/fresh-process.ts'
import type { Bench, CompareOptions, Machine, Rounds } from './bench.ts'
import { interleave } from './interleave.ts'
import { seededRandom } from './random.ts'
import { relativeSpread } from './statistics.ts'

/** Milliseconds for one experiment: nine of them in a minute, or in a quarter of one. */
const BUDGET = 6_000
const QUICK_BUDGET = 1_500

export interface BenchSettings {
  readonly machine: Machine
  readonly options: CompareOptions
  readonly signal: AbortSignal
  readonly onProgress: (step: string) => void
  /** Told after each comparison how much its rounds differ, as a part of their median. */
  readonly onSpread?: (spread: number) => void
}

export function createBench({
  machine,
  options,
  signal,
  onProgress,
  onSpread,
}: BenchSettings): Bench {
  const budget = options.quick ? QUICK_BUDGET : BUDGET
  return {
    machine,
    options,
    signal,
    budget,
    async interleave(subjects, settings) {
      const rounds = await interleave(subjects, {
        rounds: options.rounds ?? settings.rounds,
        warmUp: settings.warmUp ?? true,
        budget: options.rounds === undefined ? (settings.budget ?? budget) : Infinity,
        signal,
      })
      if (settings.isAlike ?? true) onSpread?.(spreadOf(rounds))
      return rounds
    },
    scale: (full, quick) => (options.quick ? quick : full),
    random: () => seededRandom(options.seed),
    inFreshProcess: (module, name, input) =>
      inFreshProcess({ module: module.href, name, input }, signal),
    progress: onProgress,
  }
}

/** That of the subject in the middle: one of them may be restless by nature, the machine troubles all. */
function spreadOf(rounds: Rounds<string>): number {
  return median(Object.values(rounds).map(relativeSpread))
}
