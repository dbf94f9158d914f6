/** p-queue 10, with nothing set but the limit; its map is `addAll`. */
import type { LimiterRival } from './limiter-rival.ts'

export const pQueue: LimiterRival = {
  name: 'p-queue',
  role: 'peer',
  async open(limit, task) {
    const { default: PQueue } = await import('p-queue')
    const queue = new PQueue({ concurrency: limit })
    return {
      run: (input) => queue.add(() => task(input)),
      map: (inputs) => queue.addAll(inputs.map((input) => () => task(input))),
    }
  },
}
