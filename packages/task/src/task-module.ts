/** What a task is: an exported function of an ordinary module. */
import type { TaskContext } from './task-context.ts'

/**
 * A function that a runner can run: it takes one input and a context, and gives its output or a
 * promise of it. Input and output cross threads by structured clone, so they hold data, not functions.
 */
export type TaskFunction<Context = TaskContext> = (input: never, context: Context) => unknown

/** A task module whose functions nobody has named: what a runner takes without a type argument. */
export type TaskModule = Record<string, TaskFunction>

/** Exports that a runner calls by itself, once a thread. They are no tasks. */
export type ReservedExport = 'setup' | 'teardown'

/**
 * The names of the tasks of module `M`.
 * @example type Names = TaskName<typeof import('./tasks.js')> // 'wordCount' | 'fetchTitle'
 */
export type TaskName<M, Context = TaskContext> = string extends keyof M
  ? string
  : {
      [K in keyof M & string]: K extends ReservedExport
        ? never
        : M[K] extends TaskFunction<Context>
          ? K
          : never
    }[keyof M & string]

/** What the task `N` of module `M` takes; `unknown` for a module that was not named. */
export type TaskInput<M, N extends string> = string extends keyof M
  ? unknown
  : N extends keyof M
    ? M[N] extends (...args: infer Arguments) => unknown
      ? Arguments extends []
        ? undefined
        : Arguments[0]
      : never
    : never

/** What the task `N` of module `M` gives, once awaited; `unknown` for a module that was not named. */
export type TaskOutput<M, N extends string> = string extends keyof M
  ? unknown
  : N extends keyof M
    ? M[N] extends (...args: never) => infer Output
      ? Awaited<Output>
      : never
    : never

/**
 * The arguments after a task's name: its input, then the call's options. The input may be left out
 * where the task takes none.
 */
export type TaskArguments<M, N extends string, Options> =
  undefined extends TaskInput<M, N>
    ? [input?: TaskInput<M, N>, options?: Options | undefined]
    : [input: TaskInput<M, N>, options?: Options | undefined]
