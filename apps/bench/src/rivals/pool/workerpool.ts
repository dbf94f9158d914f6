/** workerpool 10: threads instead of its default processes, all of them started at once. */
import { fileURLToPath } from 'node:url'
import { mapByRun, type PoolRival } from './pool-rival.ts'

const THREAD = fileURLToPath(new URL('./workerpool-thread.ts', import.meta.url))

export const workerpool: PoolRival = {
  name: 'workerpool',
  role: 'peer',
  async open<Input, Output>(task: string, threads: number) {
    const { default: workerpool } = await import('workerpool')
    const pool = workerpool.pool(THREAD, {
      workerType: 'thread',
      minWorkers: threads,
      maxWorkers: threads,
    })
    // Its promise is one of its own, which only looks like one.
    const run = async (input: Input) => (await pool.exec(task, [input])) as Output
    return { run, map: mapByRun(run), close: async () => await pool.terminate() }
  },
}
