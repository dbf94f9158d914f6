/** What a task costs a thread pool when the task itself costs nothing: the price of the message. */
import { expectOutputs } from '../measure/expect-outputs.ts'
import { numbers } from '../measure/inputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { handWrittenArrays } from '../rivals/pool/hand-written-pool.ts'
import { piscina, piscinaTuned } from '../rivals/pool/piscina.ts'
import { piscinaInArrays } from '../rivals/pool/piscina-in-arrays.ts'
import type { Pool, PoolRival } from '../rivals/pool/pool-rival.ts'
import { poolifier } from '../rivals/pool/poolifier.ts'
import { rawPostMessage } from '../rivals/pool/raw-post-message.ts'
import { threeply } from '../rivals/pool/threeply.ts'
import { tinypool } from '../rivals/pool/tinypool.ts'
import { workerpool } from '../rivals/pool/workerpool.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
const peers = [piscina, piscinaTuned, tinypool, workerpool, poolifier]
const rivals = [threeply, ...peers, rawPostMessage, handWrittenArrays]

type Submit = (pool: Pool<number, number>, inputs: readonly number[]) => Promise<readonly number[]>

const map: Submit = (pool, inputs) => pool.map(inputs)
const run: Submit = (pool, inputs) => Promise.all(inputs.map((input) => pool.run(input)))

export const suite: Suite = {
  title: 'no-op tasks submitted in one tick to 2 threads, time per task',
  unit: 'µs',
  cases: [
    { name: 'map', items: 100_000, subjects: [...rivals, piscinaInArrays].map(subject(map)) },
    { name: 'run', items: 100_000, subjects: rivals.map(subject(run)) },
  ],
}

function subject(submit: Submit): (rival: PoolRival) => Subject {
  return (rival) => ({
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      const pool = await rival.open<number, number>('noOp', THREADS)
      const inputs = numbers(tasks)
      const pass = () => submit(pool, inputs)
      const time = await timePerItem(tasks, pass, (outputs) => expectOutputs(outputs, inputs))
      await pool.close()
      return time / 1_000
    },
  })
}
