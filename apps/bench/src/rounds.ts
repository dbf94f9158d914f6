/**
 * Measures the subjects of a case in turn, round by round: what else the machine does falls on all
 * of them alike. Each round begins with another subject, so that none always follows the same one.
 */
import type { Case } from './suite.ts'

/** The figures of one subject, one a round. */
export type Rounds = ReadonlyMap<string, readonly number[]>

/** @param measure Gives one figure of the subject of that name. */
export async function interleave(
  { subjects }: Pick<Case, 'subjects'>,
  rounds: number,
  measure: (subject: string, round: number) => Promise<number>,
): Promise<Rounds> {
  const figures = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const { name } = subjects[(round + turn) % subjects.length]!
      figures.get(name)!.push(await measure(name, round))
    }
  }
  return figures
}
