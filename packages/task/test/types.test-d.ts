/** What is inferred from a task module, and what is refused. */
import { expectTypeOf } from 'vitest'
import {
  ClosedError,
  createTaskContext,
  InvalidOptionError,
  type TaskArguments,
  type TaskContext,
  type TaskFunction,
  type TaskInput,
  type TaskModule,
  type TaskName,
  type TaskOutput,
  TaskTimeoutError,
  type ThreeplyErrorCode,
} from '../src/index.ts'

type Tasks = typeof import('./fixtures/tasks.ts')
type Talks = typeof import('./fixtures/talks.ts')
type TalkingContext = import('./fixtures/talks.ts').TalkingContext

interface Options {
  readonly timeout?: number
}

// Names: exported functions, and neither the reserved ones nor constants nor classes.

expectTypeOf<TaskName<Tasks>>().toEqualTypeOf<
  'wordCount' | 'fetchTitle' | 'now' | 'greet' | 'double'
>()
expectTypeOf<TaskName<TaskModule>>().toEqualTypeOf<string>()

// A task that takes more than the runner's context, or more than two arguments, is none of its tasks.

expectTypeOf<TaskName<Talks>>().toEqualTypeOf<'plain'>()
expectTypeOf<TaskName<Talks, TalkingContext>>().toEqualTypeOf<'plain' | 'serve'>()
expectTypeOf<TaskName<Tasks, TalkingContext>>().toEqualTypeOf<TaskName<Tasks>>()

// Inputs and outputs.

expectTypeOf<TaskInput<Tasks, 'wordCount'>>().toEqualTypeOf<string>()
expectTypeOf<TaskOutput<Tasks, 'wordCount'>>().toEqualTypeOf<Record<string, number>>()
expectTypeOf<TaskInput<Tasks, 'fetchTitle'>>().toEqualTypeOf<URL>()
expectTypeOf<TaskOutput<Tasks, 'fetchTitle'>>().toEqualTypeOf<string>()
expectTypeOf<TaskInput<Tasks, 'now'>>().toEqualTypeOf<undefined>()
expectTypeOf<TaskInput<Tasks, 'greet'>>().toEqualTypeOf<string | undefined>()
expectTypeOf<TaskInput<TaskModule, 'anything'>>().toEqualTypeOf<unknown>()
expectTypeOf<TaskOutput<TaskModule, 'anything'>>().toEqualTypeOf<unknown>()
expectTypeOf<TaskInput<Tasks, 'nope'>>().toEqualTypeOf<never>()
expectTypeOf<TaskOutput<Tasks, 'limit'>>().toEqualTypeOf<never>()

// Arguments, as a runner declares its methods.

declare class Runner<M = TaskModule> {
  run<N extends TaskName<M>>(
    name: N,
    ...args: TaskArguments<M, N, Options>
  ): Promise<TaskOutput<M, N>>
}
declare const runner: Runner<Tasks>
declare const untyped: Runner

expectTypeOf(runner.run('wordCount', 'a b')).resolves.toEqualTypeOf<Record<string, number>>()
expectTypeOf(runner.run('fetchTitle', new URL('a:b'), { timeout: 5 })).resolves.toBeString()
expectTypeOf(runner.run('now')).resolves.toBeNumber()
expectTypeOf(runner.run('now', undefined, { timeout: 5 })).resolves.toBeNumber()
expectTypeOf(runner.run('greet')).resolves.toBeString()
expectTypeOf(runner.run('greet', 'you')).resolves.toBeString()
expectTypeOf(runner.run('wordCount', 'a', undefined)).resolves.toBeObject()
expectTypeOf(untyped.run('whatever')).resolves.toBeUnknown()
expectTypeOf(untyped.run('whatever', { any: 'input' }, { timeout: 5 })).resolves.toBeUnknown()

// @ts-expect-error the input is a string
runner.run('wordCount', 42)
// @ts-expect-error the input is missing
runner.run('wordCount')
// @ts-expect-error there is no such task
runner.run('wordCont', 'a b')
// @ts-expect-error setup is reserved
runner.run('setup')
// @ts-expect-error a constant is no task
runner.run('limit')
// @ts-expect-error a class is no task
runner.run('Store')
// @ts-expect-error it takes no input
runner.run('now', 5)
// @ts-expect-error there is no such option
runner.run('now', undefined, { timeOut: 5 })
declare const talks: Runner<Talks>
// @ts-expect-error it takes a context that this runner does not give
talks.run('serve', 80)
// @ts-expect-error it takes three arguments, which no runner gives
talks.run('tooMany', 'a')

// A task written for every runner runs with a context of any, and is called inline as it is.

declare const wordCount: Tasks['wordCount']
expectTypeOf(wordCount).toExtend<TaskFunction>()
expectTypeOf(wordCount('a', createTaskContext())).toEqualTypeOf<Record<string, number>>()
expectTypeOf<TalkingContext>().toExtend<TaskContext>()
declare const context: TaskContext
expectTypeOf(context.transfer(new Uint8Array(1), [])).toEqualTypeOf<Uint8Array<ArrayBuffer>>()

// Errors narrow by class.

declare const caught: unknown
if (caught instanceof TaskTimeoutError) {
  expectTypeOf(caught.code).toEqualTypeOf<'ERR_THREEPLY_TIMEOUT'>()
  expectTypeOf(caught.queueTime).toBeNumber()
} else if (caught instanceof InvalidOptionError) {
  expectTypeOf(caught.option).toBeString()
} else if (caught instanceof ClosedError) {
  expectTypeOf(caught.code).toExtend<ThreeplyErrorCode>()
  expectTypeOf(caught.task?.name).toEqualTypeOf<string | undefined>()
}
