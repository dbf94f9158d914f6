/** No concurrency: awaits one task after the other. */
import type { LimiterRival } from './limiter-rival.ts'

export const plainLoop: LimiterRival = {
  name: 'plain loop',
  role: 'by hand',
  open: async (_one, task) => ({
    async map(inputs) {
      const outputs: number[] = []
      for (const input of inputs) outputs.push(await task(input))
      return outputs
    },
  }),
}
