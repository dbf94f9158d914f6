/** What a task costs a thread pool in memory: while it waits for a thread, and as one of a stream. */
import { heapPerPending } from '../measure/heap-per-pending.ts'
import { numbers } from '../measure/inputs.ts'
import { counting, heapOfStream } from '../measure/streaming.ts'
import { handWrittenArrays } from '../rivals/pool/hand-written-pool.ts'
import { piscina, piscinaTuned } from '../rivals/pool/piscina.ts'
import type { Pool, PoolRival } from '../rivals/pool/pool-rival.ts'
import { threeply } from '../rivals/pool/threeply.ts'
import { tinypool } from '../rivals/pool/tinypool.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
/** Enough to fill the threads of every pool, those that take several tasks at a time included. */
const BLOCKERS = 16

export const suite: Suite = {
  title: 'tasks on 2 threads, bytes of heap per task',
  unit: 'bytes',
  cases: [
    {
      name: 'run, waiting, its promise included',
      items: 200_000,
      subjects: [threeply, piscina, piscinaTuned, tinypool].map(waiting),
    },
    {
      name: 'stream, at most',
      items: 1_000_000,
      subjects: [streaming(threeply), mapping(handWrittenArrays)],
    },
  ],
}

function waiting(rival: PoolRival): Subject {
  return subject(rival, rival.name, 'noOpOrWait', (pool, tasks) =>
    heapPerPending(numbers(tasks), {
      hold: async () => {
        const words = new Int32Array(new SharedArrayBuffer(8))
        const blocked = Array.from({ length: BLOCKERS }, () => pool.run(words))
        while (Atomics.load(words, 1) < THREADS) await new Promise(setImmediate)
        void Promise.all(blocked)
        return () => {
          Atomics.store(words, 0, 1)
          Atomics.notify(words, 0)
        }
      },
      submit: (input) => pool.run(input),
    }),
  )
}

function streaming(rival: PoolRival): Subject {
  return subject(rival, rival.name, 'noOp', (pool, tasks) =>
    heapOfStream(tasks, () => pool.stream!(counting(tasks)) as AsyncIterable<number>),
  )
}

/** What holding all inputs and outputs takes, in a pool that has no stream. */
function mapping(rival: PoolRival): Subject {
  return subject(rival, `${rival.name}, all outputs held`, 'noOp', (pool, tasks) =>
    heapOfStream(tasks, async function* () {
      yield* await pool.map(numbers(tasks))
    }),
  )
}

function subject(
  { role, open }: PoolRival,
  name: string,
  task: 'noOp' | 'noOpOrWait',
  measure: (pool: Pool<number | Int32Array, number>, tasks: number) => Promise<number>,
): Subject {
  return {
    name,
    role,
    async measure(tasks) {
      const pool = await open<number | Int32Array, number>(task, THREADS)
      const figure = await measure(pool, tasks)
      await pool.close()
      return figure
    },
  }
}
