/** What is inferred, and what is refused. Checked by `tsc`, never run. */
import { AsyncExecutor, Gradient2Limit, type OutputStream, VegasLimit } from '@threeply/executor'
import type { TaskContext } from '@threeply/task'
import { expectTypeOf } from 'vitest'

const executor = new AsyncExecutor({ concurrency: 2 })

// Outputs are those of the function, awaited.
expectTypeOf(executor.run(() => 1)).resolves.toEqualTypeOf<number>()
expectTypeOf(executor.run(async () => 'a')).resolves.toEqualTypeOf<string>()
expectTypeOf(executor.map(['a'], (text) => text.length)).resolves.toEqualTypeOf<number[]>()
expectTypeOf(executor.map(new Set([1]), async (n) => `${n}`)).resolves.toEqualTypeOf<string[]>()
expectTypeOf(executor.mapSettled([1], async (n) => n)).resolves.toEqualTypeOf<
  PromiseSettledResult<number>[]
>()
expectTypeOf(executor.forEach([1], () => 1)).resolves.toEqualTypeOf<void>()
expectTypeOf(executor.stream([1], (n) => `${n}`)).toEqualTypeOf<OutputStream<string>>()
expectTypeOf(executor.stream([1], (n) => `${n}`, { indexed: true })).toEqualTypeOf<
  OutputStream<[index: number, output: string]>
>()

// Inputs are those of the iterable.
async function* inputs() {
  yield { id: 1 }
}
void executor.map(inputs(), (input) => expectTypeOf(input).toEqualTypeOf<{ id: number }>())

// A task of a task module is a function like any other.
declare const wordCount: (text: string, context: TaskContext) => Record<string, number>
expectTypeOf(executor.map(['a'], wordCount)).resolves.toEqualTypeOf<Record<string, number>[]>()

// The context.
void executor.run(({ signal, attempt }) => {
  expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(attempt).toEqualTypeOf<number>()
})
void executor.map([1], (_input, { index }) => expectTypeOf(index).toEqualTypeOf<number>())
// @ts-expect-error a run has no place among inputs
void executor.run(({ index }) => index)

// @ts-expect-error the limit is not optional
new AsyncExecutor({})
// @ts-expect-error nor is it a string
new AsyncExecutor({ concurrency: '2' })
// @ts-expect-error no such option
new AsyncExecutor({ concurrency: 2, limit: 3 })
// @ts-expect-error no such option of a call
void executor.run(() => 1, { onFailure: 'drain' })
// @ts-expect-error the task takes a string
void executor.map([1], wordCount)
// @ts-expect-error neither of the orders
executor.stream([1], (n) => n, { order: 'random' })
// @ts-expect-error not iterable
void executor.map(7, (n) => n)
// @ts-expect-error what runs is not set from outside
executor.running = 1

// What adapts the limit is one of ours, or any object that has its shape.
void new AsyncExecutor({ concurrency: 2, adaptive: new Gradient2Limit({ max: 50, tolerance: 2 }) })
void new AsyncExecutor({ concurrency: 2, adaptive: { limit: 1, onSample: () => {} } })
// @ts-expect-error an algorithm is no name
void new AsyncExecutor({ concurrency: 2, adaptive: 'gradient2' })
// @ts-expect-error Vegas has no tolerance
void new VegasLimit({ tolerance: 2 })
