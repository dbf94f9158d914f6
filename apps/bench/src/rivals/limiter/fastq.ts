/** fastq's promise API; its map is a push for each input. */
import type { LimiterRival } from './limiter-rival.ts'

export const fastq: LimiterRival = {
  name: 'fastq.promise',
  role: 'peer',
  async open(limit, task) {
    const { default: createQueue } = await import('fastq')
    const queue = createQueue.promise(task, limit)
    const run = (input: number): Promise<number> => queue.push(input)
    return { run, map: (inputs) => Promise.all(inputs.map(run)) }
  },
}
