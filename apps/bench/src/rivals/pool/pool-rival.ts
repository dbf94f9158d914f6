/** What every thread pool is to the suites. */
import type { Role } from '../../suite.ts'
import type * as tasks from './tasks.ts'

export type PoolTask = keyof typeof tasks

export interface PoolRival {
  readonly name: string
  readonly role: Role
  /** Starts `threads` threads for one task of `tasks.ts`; loads the rival's package not before. */
  open<Input, Output>(task: PoolTask, threads: number): Promise<Pool<Input, Output>>
}

export interface Pool<Input, Output> {
  run(input: Input): Promise<Output>
  /**
   * Runs all inputs; outputs in input order. Where a pool has no such thing, a `run` for each.
   * @param transfer What of each input is moved; not for all pools.
   */
  map(inputs: readonly Input[], transfer?: readonly ArrayBuffer[]): Promise<readonly Output[]>
  /** Runs all inputs and yields outputs while the rest runs, in bounded memory; few pools have it. */
  stream?(inputs: Iterable<Input>): AsyncIterable<Output>
  close(): Promise<unknown>
}

/** The `map` of a pool that has only `run`. */
export function mapByRun<Input, Output>(
  run: (input: Input) => Promise<Output>,
): (inputs: readonly Input[]) => Promise<Output[]> {
  return (inputs) => Promise.all(inputs.map((input) => run(input)))
}
