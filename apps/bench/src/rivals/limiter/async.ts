/** async 3: `mapLimit`, and `queue` for single submission; both take async functions as they are. */
import type { LimiterRival } from './limiter-rival.ts'

export const asyncLibrary: LimiterRival = {
  name: 'async',
  role: 'peer',
  async open(limit, task) {
    const { default: async } = await import('async')
    const queue = async.queue<number, number>(task, limit)
    return {
      run: (input) => queue.pushAsync<number>(input),
      map: (inputs) => async.mapLimit<number, number>([...inputs], limit, task),
    }
  },
}
