/** A suite for the tests: its subject goes on for minutes, and writes down its process id. */
import { writeFileSync } from 'node:fs'
import type { Suite } from '../../src/suite.ts'

export const suite: Suite = {
  title: 'a subject that never ends',
  unit: 'ns',
  cases: [
    {
      name: 'loop',
      items: 1,
      subjects: [
        {
          name: 'endless',
          role: 'peer',
          async measure() {
            writeFileSync(process.env.BENCH_TEST_PID_FILE!, String(process.pid))
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000)
            return 1
          },
        },
      ],
    },
  ],
}
