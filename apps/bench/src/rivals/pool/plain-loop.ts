/** No threads: the caller does the work itself, one input after the other. */
import type { PoolRival } from './pool-rival.ts'

export const plainLoop: PoolRival = {
  name: 'plain loop',
  role: 'by hand',
  async open(task) {
    const tasks: Record<string, unknown> = await import('./tasks.ts')
    const run = tasks[task] as (input: unknown) => never
    return {
      run: async (input) => run(input),
      map: async (inputs) => inputs.map((input) => run(input)),
      close: async () => {},
    }
  },
}
