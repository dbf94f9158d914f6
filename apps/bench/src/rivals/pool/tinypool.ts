/** tinypool 2.2: a smaller piscina, which refers to piscina's README for tuning. */
import { mapByRun, type PoolRival } from './pool-rival.ts'

export const tinypool: PoolRival = {
  name: 'tinypool',
  role: 'peer',
  async open(task, threads) {
    const { Tinypool } = await import('tinypool')
    const pool = new Tinypool({
      filename: new URL('./tasks.ts', import.meta.url).href,
      name: task,
      minThreads: threads,
      maxThreads: threads,
    })
    const run = (input: unknown) => pool.run(input)
    return { run, map: mapByRun(run), close: () => pool.destroy() }
  },
}
