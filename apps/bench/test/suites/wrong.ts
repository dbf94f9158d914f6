/** A suite for the tests: one subject loses an output. */
import { expectOutputs } from '../../src/measure/expect-outputs.ts'
import type { Suite } from '../../src/suite.ts'

export const suite: Suite = {
  title: 'a subject that is fast and wrong',
  unit: 'ns',
  cases: [
    {
      name: 'outputs',
      items: 3,
      subjects: [
        { name: 'right', role: 'peer', measure: async () => 1 },
        {
          name: 'forgetful',
          role: 'ours',
          async measure() {
            expectOutputs([0, 1, 3], [0, 1, 2])
            return 0.1
          },
        },
      ],
    },
  ],
}
