/** The one shape of an experiment: a claim, what would refute it, a measurement and a judgement. */
import type { Bench } from './measure/bench.ts'

/** What an experiment finds. */
export type Verdict = 'holds' | 'holds-with-condition' | 'does-not-hold' | 'cannot-tell'

/** One figure that a verdict rests on. */
export interface Evidence {
  /** What was measured, in a few words: `fork-join, 2 threads`. */
  readonly label: string
  readonly value: number
  /** `ms`, `s`, `µs`, `bytes`, `×`, `%`, or the plural of what is counted: `threads`, `lost updates`. */
  readonly unit: string
  /** Bounds of the 95 % confidence interval, where the value is a median or a median ratio. */
  readonly interval?: readonly [low: number, high: number]
}

/** What `judge` makes of the data. */
export interface Judgement {
  readonly verdict: Verdict
  /** For `holds-with-condition`: under which. For `cannot-tell`: why not. */
  readonly condition?: string
  /** The two to four figures that decide, most telling first. */
  readonly evidence: readonly Evidence[]
  /** What it means for the reader's own work, in one sentence. */
  readonly meaning: string
}

/**
 * A claim put to the test.
 * @typeParam Data Everything measured, as plain JSON, the number of cores included: `judge` sees
 * nothing else.
 */
export interface Experiment<Data = unknown> {
  /** The claim, as its makers would say it, in one line. */
  readonly claim: string
  readonly question: string
  /** What data would refute the claim; written before anything was measured. */
  readonly refutedBy: string
  /** Runs the models, interleaved round by round. Throws `bench.signal.reason` when aborted. */
  measure(bench: Bench): Promise<Data>
  /** A pure function: the same data give the same judgement. */
  judge(data: Data): Judgement
}
