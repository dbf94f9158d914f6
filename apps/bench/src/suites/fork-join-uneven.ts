/** Tasks of which few take a thousand times as long as others: does a chunk keep anyone waiting? */
import { expectOutputs } from '../measure/expect-outputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { handWrittenOneAtATime } from '../rivals/pool/hand-written-pool.ts'
import { piscina } from '../rivals/pool/piscina.ts'
import type { PoolRival } from '../rivals/pool/pool-rival.ts'
import { threeply } from '../rivals/pool/threeply.ts'
import { tinypool } from '../rivals/pool/tinypool.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
/** About so many steps make a millisecond, on the machine that this was written on. */
const STEPS_PER_MS = 500_000
const SHORTEST_MS = 0.05
const LONGEST_MS = 50

export const suite: Suite = {
  title: 'CPU-bound tasks of some 0.05 to 50 ms, log-normal, on 2 threads, time per task',
  unit: 'µs',
  cases: [
    {
      name: 'map',
      items: 2_000,
      subjects: [threeply, piscina, tinypool, handWrittenOneAtATime].map(subject),
    },
  ],
}

function subject(rival: PoolRival): Subject {
  return {
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      const pool = await rival.open<number, number>('compute', THREADS)
      const inputs = logNormalSteps(tasks)
      const check = (outputs: readonly number[]) => expectOutputs(outputs, inputs)
      const time = await timePerItem(tasks, () => pool.map(inputs), check)
      await pool.close()
      return time / 1_000
    },
  }
}

/** The same every time: their logarithms are the sums of uniform ones, cut off at both ends. */
function logNormalSteps(count: number): number[] {
  const middle = Math.log(Math.sqrt(SHORTEST_MS * LONGEST_MS))
  const deviation = Math.log(LONGEST_MS / SHORTEST_MS) / 5 // both ends are 2.5 deviations away
  const random = uniform(42)
  return Array.from({ length: count }, () => {
    let sum = -6
    for (let part = 0; part < 12; part += 1) sum += random() // its deviation is 1
    const ms = Math.exp(middle + deviation * sum)
    return Math.round(STEPS_PER_MS * Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms)))
  })
}

/** From 0 to 1, by a linear congruential generator. */
function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
