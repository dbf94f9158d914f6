/** poolifier 5.3: threads of a fixed number, with the queue that lets idle threads steal. */
import { fileURLToPath } from 'node:url'
import { mapByRun, type PoolRival } from './pool-rival.ts'

const THREAD = fileURLToPath(new URL('./poolifier-thread.ts', import.meta.url))

export const poolifier: PoolRival = {
  name: 'poolifier',
  role: 'peer',
  async open<Input, Output>(task: string, threads: number) {
    const { FixedThreadPool } = await import('poolifier')
    const pool = new FixedThreadPool<Input, Output>(threads, THREAD, {
      enableTasksQueue: true,
      enableEvents: false,
    })
    const run = (input: Input) => pool.execute(input, task)
    // Not awaited: now and then its threads are gone and `destroy` has not settled (5.3.2).
    return { run, map: mapByRun(run), close: async () => void pool.destroy() }
  },
}
