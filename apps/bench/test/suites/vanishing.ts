/** A suite for the tests: one subject gives no number, one exits, one throws. */
import type { Subject, Suite } from '../../src/suite.ts'

export const suite: Suite = {
  title: 'subjects that give no figure',
  unit: 'ns',
  cases: [
    only('no number', async () => Number.NaN),
    only('exit', async () => process.exit(7)),
    only('pending', () => new Promise(() => {})),
    only('throw', async () => {
      throw new RangeError('no such luck')
    }),
  ],
}

function only(name: string, measure: Subject['measure']) {
  return { name, items: 1, subjects: [{ name: 'subject', role: 'peer', measure } as const] }
}
