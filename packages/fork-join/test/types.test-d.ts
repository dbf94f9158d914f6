/** What is inferred from a task module, and what is refused. Checked by `tsc -p .`. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { expectTypeOf } from 'vitest'
import {
  type CarryContext,
  type ForkContext,
  ForkJoinPool,
  type OutputStream,
  type ScopePolicy,
} from '../src/index.ts'

type Tasks = {
  wordCount(text: string, context: { signal: AbortSignal }): Record<string, number>
  fetchTitle(url: string): Promise<string>
  now(): number
  maybe(input?: number): boolean
  setup(): void
  version: string
  add(pair: readonly [number, number]): number
  join(pair: string[]): Promise<string>
  sameKind(pair: [left: string | number, right: string | number]): string
  differ(pair: [number, number]): string
}

declare const pool: ForkJoinPool<Tasks>

expectTypeOf(pool.run('wordCount', 'a b')).resolves.toEqualTypeOf<Record<string, number>>()
expectTypeOf(pool.run('fetchTitle', 'url', { timeout: 1 })).resolves.toEqualTypeOf<string>()
expectTypeOf(pool.run('now')).resolves.toEqualTypeOf<number>()
expectTypeOf(pool.run('maybe')).resolves.toEqualTypeOf<boolean>()
expectTypeOf(pool.map('wordCount', ['a'])).resolves.toEqualTypeOf<Record<string, number>[]>()
expectTypeOf(pool.map('fetchTitle', new Set(['a']))).resolves.toEqualTypeOf<string[]>()
expectTypeOf(pool.mapSettled('fetchTitle', ['a'])).resolves.toEqualTypeOf<
  PromiseSettledResult<string>[]
>()
expectTypeOf(pool.stream('fetchTitle', ['a'])).toEqualTypeOf<OutputStream<string>>()
expectTypeOf(pool.stream('now', [undefined], { indexed: true })).toEqualTypeOf<
  OutputStream<[index: number, output: number]>
>()
expectTypeOf(pool.stream('now', [], { indexed: Math.random() < 0.5 })).toEqualTypeOf<
  OutputStream<number | [index: number, output: number]>
>()
expectTypeOf(pool.reduce('add', [1, 2], { initial: 0 })).resolves.toEqualTypeOf<number>()
expectTypeOf(pool.reduce('join', new Set(['a']))).resolves.toEqualTypeOf<string>()
expectTypeOf(pool.reduce('sameKind', [1])).resolves.toEqualTypeOf<string | number>()
expectTypeOf(pool.scope(async ({ fork }) => fork('now'))).resolves.toEqualTypeOf<number>()
expectTypeOf(pool.scope(({ map }) => map('now', []))).resolves.toEqualTypeOf<number[]>()
expectTypeOf(
  pool.scope<string>(({ fork }) => void fork('fetchTitle', 'a'), { policy: 'any' }),
).resolves.toEqualTypeOf<string>()

declare const policy: ScopePolicy
expectTypeOf(pool.scope(() => 'body', { policy })).resolves.toEqualTypeOf<unknown>()
expectTypeOf(pool.scope(() => 'body', { policy: 'settled' })).resolves.toEqualTypeOf<string>()

expectTypeOf(pool.broadcast('fetchTitle', 'url')).resolves.toEqualTypeOf<string[]>()
expectTypeOf(pool.warmUp()).resolves.toEqualTypeOf<void>()

// @ts-expect-error one thing cannot be moved to many threads
pool.broadcast('fetchTitle', 'url', { transfer: [] })
// @ts-expect-error a key is text or a number
pool.run('fetchTitle', 'url', { key: {} })
// @ts-expect-error the input is a string
pool.run('wordCount', 42)
// @ts-expect-error the input is needed
pool.run('wordCount')
// @ts-expect-error there is no such task
pool.run('wordcount', 'a')
// @ts-expect-error a reserved export is no task
pool.run('setup')
// @ts-expect-error what is no function is no task
pool.run('version')
// @ts-expect-error the inputs are strings
pool.map('wordCount', [1])
// @ts-expect-error the inputs are strings
pool.mapSettled('wordCount', [1])
// @ts-expect-error the inputs are strings
pool.stream('wordCount', [1])
// @ts-expect-error the inputs are numbers, not pairs of them
pool.reduce('add', [[1, 2]])
// @ts-expect-error the initial is a number
pool.reduce('add', [1], { initial: 'a' })
// @ts-expect-error it gives what it does not take
pool.reduce('differ', [1, 2])
// @ts-expect-error it takes no pair
pool.reduce('wordCount', ['a'])
// @ts-expect-error there is no such order
pool.stream('wordCount', ['a'], { order: 'random' })
// @ts-expect-error readAhead is for a stream
pool.map('wordCount', ['a'], { readAhead: 1 })
// @ts-expect-error there is no such task
pool.mapSettled('wordcount', ['a'])
// @ts-expect-error a broadcast has a message for each thread
pool.broadcast('wordCount', 'a', { chunkSize: 1 })
// @ts-expect-error there is no such option
new ForkJoinPool(new URL(import.meta.url), { concurrency: 2 })

declare const context: ForkContext<Tasks>
expectTypeOf(context.fork('wordCount', 'a b')).resolves.toEqualTypeOf<Record<string, number>>()
expectTypeOf(context.fork('now')).resolves.toEqualTypeOf<number>()
expectTypeOf(context.map('fetchTitle', new Set(['a']))).resolves.toEqualTypeOf<string[]>()
expectTypeOf(context.cancelled()).toEqualTypeOf<boolean>()
// @ts-expect-error the input is a string
context.fork('wordCount', 42)
// @ts-expect-error the input is needed
context.fork('wordCount')
// @ts-expect-error there is no such task
context.fork('wordcount', 'a')
// @ts-expect-error a reserved export is no task
context.fork('setup')
// @ts-expect-error the inputs are strings
context.map('wordCount', [1])

// A module that forks its own tasks, whose types go through itself.
declare const forking: ForkJoinPool<typeof import('./fixtures/forks.ts')>
expectTypeOf(forking.run('fib', 1)).resolves.toEqualTypeOf<number>()
expectTypeOf(forking.scope(({ fork }) => fork('chain', 1))).resolves.toEqualTypeOf<number>()
// @ts-expect-error the input is a number
forking.run('fib', 'one')

declare const untypedContext: ForkContext
expectTypeOf(untypedContext.fork('anything', 1)).resolves.toEqualTypeOf<unknown>()

const untyped = new ForkJoinPool(new URL(import.meta.url))
expectTypeOf(untyped.reduce('anything', [1])).resolves.toEqualTypeOf<unknown>()
expectTypeOf(untyped.run('anything', 1)).resolves.toEqualTypeOf<unknown>()

const carry = { requestId: new AsyncLocalStorage<string>() }
type CarryingTasks = {
  handle(input: string, context: CarryContext<typeof carry>): boolean
  handleAndFork(input: string, context: CarryContext<typeof carry> & ForkContext): boolean
}
declare const carrying: ForkJoinPool<CarryingTasks>
declare const carryContext: CarryContext<typeof carry>
expectTypeOf(carrying.run('handle', 'a')).resolves.toEqualTypeOf<boolean>()
expectTypeOf(carrying.run('handleAndFork', 'a')).resolves.toEqualTypeOf<boolean>()
expectTypeOf(carryContext.carried.requestId).toEqualTypeOf<string | undefined>()
// @ts-expect-error nothing of that name is carried
carryContext.carried.userId
// @ts-expect-error what has no value at hand cannot be carried
new ForkJoinPool(new URL(import.meta.url), { carry: { requestId: 'a' } })
