/** piscina 5.3: as it comes, and tuned for many small tasks as its README says. */
import type { FixedQueue, Piscina } from 'piscina'
import { mapByRun, type PoolRival } from './pool-rival.ts'

type Options = NonNullable<ConstructorParameters<typeof Piscina>[0]>

/** Defaults, but for the number of threads. */
export const piscina = piscinaRival('piscina', () => ({}))

/**
 * README: `FixedQueue` for long queues, an `idleTimeout` of one's own, `recordTiming: false`, several
 * tasks at a time on a thread. `atomics` stays `sync`: the other modes were not faster with these.
 */
export const piscinaTuned = piscinaRival('piscina, tuned', (FixedQueue) => ({
  taskQueue: new FixedQueue(),
  idleTimeout: 60_000,
  recordTiming: false,
  concurrentTasksPerWorker: 8,
}))

function piscinaRival(name: string, options: (queue: typeof FixedQueue) => Options): PoolRival {
  return {
    name,
    role: 'peer',
    async open(task, threads) {
      const { FixedQueue, Piscina } = await import('piscina')
      const pool = new Piscina({
        filename: new URL('./tasks.ts', import.meta.url).href,
        name: task,
        minThreads: threads,
        maxThreads: threads,
        ...options(FixedQueue),
      })
      const run = (input: unknown) => pool.run(input)
      return { run, map: mapByRun(run), close: () => pool.destroy() }
    },
  }
}
