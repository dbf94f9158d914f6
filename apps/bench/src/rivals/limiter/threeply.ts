/** Ours, with nothing set but the limit. */
import type { LimiterRival } from './limiter-rival.ts'

export const threeply: LimiterRival = {
  name: 'threeply',
  role: 'ours',
  async open(limit, task) {
    const { AsyncExecutor } = await import('@threeply/executor')
    const executor = new AsyncExecutor({ concurrency: limit })
    return {
      run: executor.wrap(task),
      map: (inputs) => executor.map(inputs, task),
    }
  },
}
