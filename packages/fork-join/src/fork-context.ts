/** What a task that forks gets beside its input. */
import type {
  ReservedExport,
  TaskArguments,
  TaskContext,
  TaskInput,
  TaskModule,
  TaskName as TaskNameWith,
  TaskOutput,
} from '@threeply/task'
import type { MapOptions, RunOptions } from './call-options.ts'

/**
 * The context of a task that forks: a {@link TaskContext} that runs tasks of the same module on the
 * threads of the same pool. Only a `ForkJoinPool` gives it. A task that does not fork takes a plain
 * `TaskContext`.
 *
 * While children of a task have not ended, its thread takes other tasks, so tasks may fork at any
 * depth, on one thread too. Forks go before what the pool's owner submits, those of one tick in their
 * order and before those of earlier ones, and no `queueLimit` refuses them.
 *
 * A task is over when its function and all of its children have ended. When the function throws, the
 * children that are left are cancelled; when it returns, they are waited for. A child's failure goes
 * to whoever awaits the fork; one that nobody has awaited when the function has returned fails the
 * task, and cancels the children that are left. When the task is cancelled, so are its children.
 * @typeParam Tasks The module, as the pool takes it. A task that names its own module states the type
 * of its output.
 * @example
 * type Tasks = typeof import('./tasks.js')
 *
 * export async function fib(n: number, { fork }: ForkContext<Tasks>): Promise<number> {
 *   if (n < 2) return n
 *   const [a, b] = await Promise.all([fork('fib', n - 1), fork('fib', n - 2)])
 *   return a + b
 * }
 */
export interface ForkContext<Tasks extends object = TaskModule> extends TaskContext {
  /**
   * Runs the task `name` on a thread of the pool, and gives its output. What `signal`, `transfer` and
   * the other options mean is as in {@link ForkJoinPool.run}; `priority` and `grace` are those of the
   * task that forks unless given. Cost: forks of one tick share a message to the pool's owner, which
   * hands them to the threads.
   * @throws As {@link ForkJoinPool.run}; the context's `signal.reason` once the task is cancelled.
   * @throws {ClosedError} ERR_THREEPLY_CLOSED: the task has ended
   */
  readonly fork: <Name extends ForkName<Tasks>>(
    name: Name,
    ...args: TaskArguments<Tasks, Name, RunOptions>
  ) => Promise<TaskOutput<Tasks, Name>>
  /**
   * Runs the task `name` for each input, as {@link ForkJoinPool.map} does; but the inputs are all
   * read before the first is run, and travel in one message to the pool's owner.
   * @throws As {@link fork}, and what the iterable throws.
   */
  readonly map: <Name extends ForkName<Tasks>>(
    name: Name,
    inputs: Iterable<TaskInput<Tasks, Name>> | AsyncIterable<TaskInput<Tasks, Name>>,
    options?: MapOptions,
  ) => Promise<TaskOutput<Tasks, Name>[]>
}

/**
 * The names of the functions of module `M`. It does not look at what they take, as the names of tasks
 * do: while a module's own types are being found out, these are not known.
 */
type ForkName<M> = string extends keyof M
  ? string
  : {
      [K in keyof M & string]: K extends ReservedExport
        ? never
        : M[K] extends (...args: never) => unknown
          ? K
          : never
    }[keyof M & string]

/** A context that any task of a pool can be called with, whichever module it forks from. */
interface AnyForkContext extends TaskContext {
  readonly fork: (...args: unknown[]) => never
  readonly map: (...args: unknown[]) => never
  readonly carried: never
}

/** The names of the tasks of module `M`, those that fork included. */
export type TaskName<M> = TaskNameWith<M, AnyForkContext>
