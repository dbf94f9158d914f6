/** What a fork from inside a task costs, in trees whose tasks do nothing else. */
import { strictEqual } from 'node:assert/strict'
import { ForkJoinPool } from '@threeply/fork-join'
import { expectOutputs } from '../measure/expect-outputs.ts'
import { numbers } from '../measure/inputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { rawPostMessage } from '../rivals/pool/raw-post-message.ts'
import type { ForkingTasks } from '../rivals/pool/threeply-forks.ts'
import type { Subject, Suite } from '../suite.ts'

const THREADS = 2

/** As many no-op tasks as there are forks, from the main thread: a message there and back each. */
const messages: Subject = {
  name: 'postMessage, one by one',
  role: 'by hand',
  async measure(forks) {
    const pool = await rawPostMessage.open<number, number>('noOp', THREADS)
    const inputs = numbers(forks)
    const pass = () => Promise.all(inputs.map((input) => pool.run(input)))
    const time = await timePerItem(forks, pass, (outputs) => expectOutputs(outputs, inputs))
    await pool.close()
    return time / 1_000
  },
}

export const suite: Suite = {
  title: 'forks from inside tasks on 2 threads, time per fork',
  unit: 'µs',
  cases: [
    { name: 'binary tree', items: 20_000, subjects: [forking('tree'), messages] },
    { name: 'chain', items: 5_000, subjects: [forking('chain'), messages] },
  ],
}

function forking(task: keyof ForkingTasks): Subject {
  return {
    name: 'threeply',
    role: 'ours',
    async measure(forks) {
      const url = new URL('../rivals/pool/threeply-forks.ts', import.meta.url)
      const pool = new ForkJoinPool<ForkingTasks>(url, { threads: THREADS })
      await pool.warmUp()
      const pass = () => pool.run(task, forks)
      const time = await timePerItem(forks, pass, (below) => strictEqual(below, forks))
      await pool.close()
      return time / 1_000
    },
  }
}
