/** bottleneck 2.19: `wrap`, as its README submits one function many times. It has no map. */
import type { LimiterRival } from './limiter-rival.ts'

export const bottleneck: LimiterRival = {
  name: 'bottleneck',
  role: 'peer',
  async open(limit, task) {
    const { default: Bottleneck } = await import('bottleneck')
    const limited = new Bottleneck({ maxConcurrent: limit }).wrap(task)
    return { run: (input) => limited(input) }
  },
}
