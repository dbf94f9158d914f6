/** cockatiel 4's bulkhead, with a queue that refuses nothing. It has no map. */
import type { LimiterRival } from './limiter-rival.ts'

export const cockatiel: LimiterRival = {
  name: 'cockatiel',
  role: 'peer',
  async open(limit, task) {
    const { bulkhead } = await import('cockatiel')
    const policy = bulkhead(limit, Number.POSITIVE_INFINITY)
    return { run: (input) => policy.execute(() => task(input)) }
  },
}
