/** Type-checked against the packed types, never run: what is inferred, and what is refused. */
import { DetachedRunner } from '@threeply/detached'
import { AsyncExecutor } from '@threeply/executor'
import { ForkJoinPool } from '@threeply/fork-join'
import { MetricsRegistry } from '@threeply/metrics'
import { type TaskContext, TaskTimeoutError } from '@threeply/task'

type Tasks = typeof import('./typed-tasks.mjs')
const tasks = new URL('./typed-tasks.mjs', import.meta.url)

const pool = new ForkJoinPool<Tasks>(tasks, { threads: 2, metrics: new MetricsRegistry() })
const counts: Record<string, number> = await pool.run('wordCount', 'a')
const all: Record<string, number>[] = await pool.map('wordCount', ['a', 'b'])
// @ts-expect-error the input is a string
await pool.run('wordCount', 1)
// @ts-expect-error there is no such task
await pool.run('count', 'a')

const thread = new DetachedRunner<Tasks>(tasks).spawn('chat', 3)
for await (const message of thread) message.toFixed()
const ended: Date = await thread.join()
// @ts-expect-error it takes strings
await thread.send(1)

const doubled: number[] = await new AsyncExecutor({ concurrency: 1 }).map(
  ['1'],
  async (text, { signal }) => (signal.aborted ? 0 : Number(text)),
)

function queueTime(error: unknown): number {
  return error instanceof TaskTimeoutError ? error.queueTime : 0
}

export type { TaskContext }
export { all, counts, doubled, ended, queueTime }
