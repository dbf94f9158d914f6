/** What large inputs and outputs cost: moved, and copied. */
import { expectEqual, expectOutputs } from '../measure/expect-outputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { handWrittenAhead, handWrittenOneAtATime } from '../rivals/pool/hand-written-pool.ts'
import { piscina } from '../rivals/pool/piscina.ts'
import type { PoolRival } from '../rivals/pool/pool-rival.ts'
import { threeply } from '../rivals/pool/threeply.ts'
import { tinypool } from '../rivals/pool/tinypool.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2
const BUFFER_BYTES = 10_000_000
/** Rows of an object that takes some 100 kB as JSON. */
const ROWS = 1_000

/** What kinds and sizes of payloads cost; each case has all of its items in memory at once. */
const SIZES: Readonly<Record<string, { items: number; make: (nth: number) => unknown }>> = {
  'number, copied': { items: 20_000, make: (nth) => nth },
  '1 kB object, copied': { items: 5_000, make: (nth) => table(nth, 10) },
  '1 MB object, copied': { items: 20, make: (nth) => table(nth, 10 * ROWS) },
  '1 MB string, copied': { items: 50, make: (nth) => String(nth % 10).repeat(1_000_000) },
  '10 MB buffer, copied': { items: 10, make: (nth) => new Uint8Array(BUFFER_BYTES).fill(nth) },
  '10 MB buffer, shared': {
    items: 200,
    make: (nth) => new Uint8Array(new SharedArrayBuffer(BUFFER_BYTES)).fill(nth % 256, 0, 8),
  },
}

export const suite: Suite = {
  title: 'payloads there and back on 2 threads, time per task',
  unit: 'µs',
  cases: [
    {
      name: '10 MB buffer, moved',
      items: 20,
      subjects: [threeply, handWrittenOneAtATime, handWrittenAhead].map(moved),
    },
    {
      name: '100 kB object, copied',
      items: 200,
      subjects: [threeply, piscina, tinypool, handWrittenOneAtATime, handWrittenAhead].map(
        copied((nth) => table(nth, ROWS)),
      ),
    },
    ...Object.entries(SIZES).map(([name, { items, make }]) => ({
      name,
      items,
      subjects: [threeply, handWrittenOneAtATime, handWrittenAhead].map(copied(make)),
    })),
  ],
}

function moved(rival: PoolRival): Subject {
  return {
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      type Bytes = Uint8Array<ArrayBuffer>
      const pool = await rival.open<Bytes, Bytes>('moveBack', THREADS)
      let all: readonly Bytes[] = Array.from({ length: tasks }, () => new Uint8Array(BUFFER_BYTES))
      let passes = 0
      const pass = async () => {
        const sent = all
        const transfer = sent.map(({ buffer }) => buffer)
        all = await pool.map(sent, transfer)
        passes += 1
        return sent
      }
      const time = await timePerItem(tasks, pass, (sent) => {
        for (const bytes of sent) expectEqual('what is left of a moved buffer', bytes.length, 0)
        for (const bytes of all) {
          expectEqual('the length of a buffer', bytes.length, BUFFER_BYTES)
          expectEqual('how often it was written to', bytes[0], passes & 0xff)
        }
      })
      await pool.close()
      return time / 1_000
    },
  }
}

function copied(make: (nth: number) => unknown): (rival: PoolRival) => Subject {
  return (rival) => ({
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      const pool = await rival.open<unknown, unknown>('giveBack', THREADS)
      const inputs = Array.from({ length: tasks }, (_, nth) => make(nth))
      const check = (outputs: readonly unknown[]) => expectOutputs(outputs, inputs)
      const time = await timePerItem(tasks, () => pool.map(inputs), check)
      await pool.close()
      return time / 1_000
    },
  })
}

function table(nth: number, rows: number): unknown {
  return {
    nth,
    rows: Array.from({ length: rows }, (_, id) => ({
      id,
      name: `row ${id} of table ${nth}, with some text`,
      price: id * 1.25 + nth,
      tags: ['first', 'second'],
    })),
  }
}
