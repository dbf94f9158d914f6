/** The one shape of a suite: what is done, in which unit, by whom. */
import type { Unit } from './unit.ts'

/**
 * What a subject is to the comparison. Ours is compared with the best `peer`; what one would write
 * `by hand` shows what can be had at most, and is no peer: nobody publishes it.
 */
export type Role = 'ours' | 'peer' | 'by hand'

/** One way to do the work of a case. */
export interface Subject {
  readonly name: string
  readonly role: Role
  /**
   * Does the work in this process, where no other subject runs, and gives one figure in the suite's
   * unit. Starting up and warming up are not in it, for all subjects alike.
   * @param items How many tasks or values.
   * @throws {WrongResultError} the work was done, and its result is wrong
   */
  measure(items: number): Promise<number>
}

/** One piece of work that all subjects do. */
export interface Case {
  readonly name: string
  /** How many tasks or values one figure rests on; `--items` and `--quick` change it. */
  readonly items: number
  readonly subjects: readonly Subject[]
}

/** What a file in `suites/` exports as `suite`. Its name is the file's. */
export interface Suite {
  /** What is done and what a figure is, in one line. */
  readonly title: string
  readonly unit: Unit
  readonly cases: readonly Case[]
}
