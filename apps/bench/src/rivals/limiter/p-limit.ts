/** p-limit 7. README: hand the arguments over instead of making a closure, when there are many. */
import type { LimiterRival } from './limiter-rival.ts'

export const pLimit: LimiterRival = {
  name: 'p-limit',
  role: 'peer',
  async open(limit, task) {
    const { default: createLimit } = await import('p-limit')
    const limited = createLimit(limit)
    return {
      run: (input) => limited(task, input),
      map: (inputs) => limited.map(inputs, task),
    }
  },
}
