/** What everything that limits async tasks is to the suites. */
import type { Role } from '../../suite.ts'

export type AsyncTask = (input: number) => Promise<number>

export interface LimiterRival {
  readonly name: string
  readonly role: Role
  /** Makes a limiter of `limit` tasks at a time; loads the rival's package not before. */
  open(limit: number, task: AsyncTask): Promise<Limiter>
}

/** A limiter has what its package has: single submission, a map, or both. */
export interface Limiter {
  /** Submits one input. */
  run?(input: number): Promise<number>
  /** Runs all inputs; outputs in input order. */
  map?(inputs: readonly number[]): Promise<readonly number[]>
}
