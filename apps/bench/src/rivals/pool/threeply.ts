/** Ours, with nothing set but the threads. */
import type { PoolRival, PoolTask } from './pool-rival.ts'

export const threeply: PoolRival = {
  name: 'threeply',
  role: 'ours',
  async open<Input, Output>(task: PoolTask, threads: number) {
    const { ForkJoinPool } = await import('@threeply/fork-join')
    const pool = new ForkJoinPool(new URL('./tasks.ts', import.meta.url), { threads })
    return {
      run: (input: Input) => pool.run(task, input) as Promise<Output>,
      map: (inputs: readonly Input[]) => pool.map(task, inputs) as Promise<Output[]>,
      stream: (inputs: Iterable<Input>) => pool.stream(task, inputs) as AsyncIterable<Output>,
      close: () => pool.close(),
    }
  },
}
