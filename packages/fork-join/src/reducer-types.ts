/** Which tasks can reduce: those that make one value of two of its kind. */
import type { TaskInput, TaskOutput } from '@threeply/task'
import type { TaskName } from './fork-context.ts'

/** What the task `Name` joins; `unknown` for a module that was not named, `never` if it joins nothing. */
export type Operand<Tasks, Name extends string> = string extends keyof Tasks
  ? unknown
  : TaskInput<Tasks, Name> extends readonly [infer Left, infer Right]
    ? Left & Right
    : TaskInput<Tasks, Name> extends readonly (infer Value)[]
      ? number extends TaskInput<Tasks, Name>['length']
        ? Value
        : never
      : never

/**
 * The names of the tasks that can reduce: they take `[left, right]` and give what can be either.
 * @example type Names = ReducerName<typeof import('./tasks.js')> // 'mergeCounts'
 */
export type ReducerName<Tasks> = string extends keyof Tasks
  ? string
  : {
      [Name in TaskName<Tasks>]: [Operand<Tasks, Name>] extends [never]
        ? never
        : [TaskOutput<Tasks, Name>] extends [Operand<Tasks, Name>]
          ? Name
          : never
    }[TaskName<Tasks>]
