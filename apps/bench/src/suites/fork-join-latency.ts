/** How long one caller waits for one task that does nothing, the next being asked for only then. */
import { latency } from '../measure/latency.ts'
import { piscina, piscinaTuned } from '../rivals/pool/piscina.ts'
import type { PoolRival } from '../rivals/pool/pool-rival.ts'
import { poolifier } from '../rivals/pool/poolifier.ts'
import { rawPostMessage } from '../rivals/pool/raw-post-message.ts'
import { threeply } from '../rivals/pool/threeply.ts'
import { tinypool } from '../rivals/pool/tinypool.ts'
import { workerpool } from '../rivals/pool/workerpool.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
const peers = [piscina, piscinaTuned, tinypool, workerpool, poolifier]
const rivals = [threeply, ...peers, rawPostMessage]

export const suite: Suite = {
  title: 'no-op tasks awaited one after the other on 2 threads, time there and back',
  unit: 'µs',
  cases: [
    { name: 'p50', items: 20_000, subjects: rivals.map(subject(0.5)) },
    { name: 'p99', items: 20_000, subjects: rivals.map(subject(0.99)) },
  ],
}

function subject(quantile: number): (rival: PoolRival) => Subject {
  return (rival) => ({
    name: rival.name,
    role: rival.role,
    async measure(calls) {
      const pool = await rival.open<number, number>('noOp', THREADS)
      const time = await latency(calls, quantile, (input) => pool.run(input))
      await pool.close()
      return time
    },
  })
}
