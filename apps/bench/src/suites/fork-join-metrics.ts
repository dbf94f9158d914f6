/** What recording costs a pool: the same work with a registry and without. */
import { expectOutputs } from '../measure/expect-outputs.ts'
import { numbers } from '../measure/inputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import type { PoolRival } from '../rivals/pool/pool-rival.ts'
import { threeply, threeplyMeasured } from '../rivals/pool/threeply.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
/** Some 20 µs. */
const STEPS = 10_000

const rivals: PoolRival[] = [
  threeplyMeasured,
  { ...threeply, name: 'without metrics', role: 'by hand' },
]

export const suite: Suite = {
  title: 'a pool that records beside one that does not, 2 threads, time per task',
  unit: 'µs',
  cases: [
    { name: 'map, no-op', items: 100_000, subjects: rivals.map(subject('noOp', numbers)) },
    {
      name: 'map, 20 µs of work',
      items: 100_000, // so many that the pass before the first that counts has all code compiled
      subjects: rivals.map(subject('compute', (tasks) => Array<number>(tasks).fill(STEPS))),
    },
  ],
}

function subject(
  task: 'noOp' | 'compute',
  inputsOf: (tasks: number) => number[],
): (rival: PoolRival) => Subject {
  return (rival) => ({
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      const pool = await rival.open<number, number>(task, THREADS)
      const inputs = inputsOf(tasks)
      const check = (outputs: readonly number[]) => expectOutputs(outputs, inputs)
      const time = await timePerItem(tasks, () => pool.map(inputs), check)
      await pool.close()
      return time / 1_000
    },
  })
}
