/** A suite for the tests: figures that follow from the items, and no peer is measured. */
import type { Subject, Suite } from '../../src/suite.ts'

export const suite: Suite = {
  title: 'figures made up, by division',
  unit: 'µs',
  cases: [
    {
      name: 'share',
      items: 100,
      subjects: [subject('threeply', 'ours', 50), subject('rival', 'peer', 100)],
    },
  ],
}

function subject(name: string, role: Subject['role'], divisor: number): Subject {
  return { name, role, measure: async (items) => items / divisor }
}
