/** What is inferred from a task, and what is refused. Checked by `tsc`, never run. */
import type { TaskContext } from '@threeply/task'
import { expectTypeOf } from 'vitest'
import {
  type DetachedContext,
  DetachedRunner,
  type DetachedThread,
  type ExitReport,
  type ThreadState,
} from '../src/index.ts'

interface Tasks {
  average(unit: string, context: DetachedContext<number, { mean: number }>): Promise<number>
  listen(port: number, context: DetachedContext<string>): Promise<void>
  report(rows: number[], context: DetachedContext<never, string>): AsyncIterable<string>
  wordCount(text: string, context: TaskContext): Record<string, number>
  now(): Date
  maybe(input?: number): Promise<string>
  forks(input: number, context: TaskContext & { fork(name: string): void }): void
  setup(): void
  limit: number
}

const runner = new DetachedRunner<Tasks>(new URL('file:///tasks.js'))

// A task that talks both ways.
const thread = runner.spawn('average', 'ms', { name: 'prices', ref: false })
expectTypeOf(thread).toEqualTypeOf<DetachedThread<number, number, { mean: number }>>()
expectTypeOf(thread.join()).toEqualTypeOf<Promise<number>>()
expectTypeOf(thread.send(42)).toEqualTypeOf<Promise<void>>()
expectTypeOf(thread.state).toEqualTypeOf<ThreadState>()
expectTypeOf(thread.stop({ grace: 10 })).toEqualTypeOf<Promise<ExitReport>>()
for await (const message of thread) expectTypeOf(message).toEqualTypeOf<{ mean: number }>()

// @ts-expect-error the input is a string
runner.spawn('average', 42)
// @ts-expect-error it takes numbers
thread.send('42')
// @ts-expect-error the input is missing
runner.spawn('average')
// @ts-expect-error there is no such option
runner.spawn('average', 'ms', { timeout: 10 })

// A task that receives, one that sends, and one that does neither.
const listener = runner.spawn('listen', 80)
expectTypeOf(listener.send).parameter(0).toEqualTypeOf<string>()
expectTypeOf(runner.spawn('report', [1])).toEqualTypeOf<
  DetachedThread<AsyncIterable<string>, never, string>
>()
const counting = runner.spawn('wordCount', 'a b')
expectTypeOf(counting).toEqualTypeOf<DetachedThread<Record<string, number>, never, never>>()
// @ts-expect-error it takes no messages
counting.send('a')

// The input may be left out where the task takes none.
expectTypeOf(runner.spawn('now').join()).toEqualTypeOf<Promise<Date>>()
expectTypeOf(runner.spawn('maybe').join()).toEqualTypeOf<Promise<string>>()
runner.spawn('now', undefined, { name: 'clock' })

// @ts-expect-error there is no such task
runner.spawn('nope')
// @ts-expect-error a reserved export is no task
runner.spawn('setup')
// @ts-expect-error what is no function is no task
runner.spawn('limit')
// @ts-expect-error a detached task cannot fork
runner.spawn('forks', 1)

// A module that was not named.
const unnamed = new DetachedRunner('/tasks.js').spawn('anything', { any: 'input' })
expectTypeOf(unnamed).toEqualTypeOf<DetachedThread<unknown, unknown, unknown>>()

// A handle of any task fits where one of no task in particular is wanted.
expectTypeOf(thread).toExtend<DetachedThread>()
expectTypeOf(counting).toExtend<DetachedThread>()
