export type { EncodedError } from './error-codec.ts'
export { decodeError, encodeError } from './error-codec.ts'
export type { FailedTask, ThreeplyErrorCode } from './errors.ts'
export {
  ClosedError,
  DeadlockError,
  InvalidOptionError,
  QueueFullError,
  TaskDroppedError,
  TaskModuleError,
  TaskNotFoundError,
  TaskSerializationError,
  TaskTimeoutError,
  ThreadExitError,
  ThreeplyError,
  ThrownValueError,
} from './errors.ts'
export type { StreamOrder } from './output-order.ts'
export type { OutputStream } from './output-stream.ts'
export type { TaskContext, TaskContextOptions } from './task-context.ts'
export { createTaskContext } from './task-context.ts'
export type {
  ReservedExport,
  TaskArguments,
  TaskFunction,
  TaskInput,
  TaskModule,
  TaskName,
  TaskOutput,
} from './task-module.ts'
