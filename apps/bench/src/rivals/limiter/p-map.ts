/** p-map 7; it has no single submission. */
import type { LimiterRival } from './limiter-rival.ts'

export const pMap: LimiterRival = {
  name: 'p-map',
  role: 'peer',
  async open(limit, task) {
    const { default: map } = await import('p-map')
    return { map: (inputs) => map(inputs, task, { concurrency: limit }) }
  },
}
