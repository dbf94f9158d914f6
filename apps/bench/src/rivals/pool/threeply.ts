/** Ours, with nothing set but the threads; or the metrics too. */
import type { PoolRival, PoolTask } from './pool-rival.ts'

export const threeply: PoolRival = { name: 'threeply', role: 'ours', ...threeplyRival(false) }

export const threeplyMeasured: PoolRival = {
  name: 'threeply, with metrics',
  role: 'ours',
  ...threeplyRival(true),
}

function threeplyRival(isMeasured: boolean): Pick<PoolRival, 'open'> {
  return {
    async open<Input, Output>(task: PoolTask, threads: number) {
      const { ForkJoinPool } = await import('@threeply/fork-join')
      const metrics = isMeasured ? await newRegistry() : undefined
      const pool = new ForkJoinPool(new URL('./tasks.ts', import.meta.url), { threads, metrics })
      return {
        run: (input: Input) => pool.run(task, input) as Promise<Output>,
        map: (inputs: readonly Input[], transfer?: readonly ArrayBuffer[]) =>
          pool.map(task, inputs, { transfer }) as Promise<Output[]>,
        stream: (inputs: Iterable<Input>) => pool.stream(task, inputs) as AsyncIterable<Output>,
        close: () => pool.close(),
      }
    },
  }
}

async function newRegistry() {
  const { MetricsRegistry } = await import('@threeply/metrics')
  return new MetricsRegistry()
}
