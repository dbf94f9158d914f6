export type { OutputStream, StreamOrder, TaskContext } from '@threeply/task'
export {
  ClosedError,
  InvalidOptionError,
  QueueFullError,
  TaskModuleError,
  TaskNotFoundError,
  TaskSerializationError,
  TaskTimeoutError,
  ThreadExitError,
  ThreeplyError,
  ThrownValueError,
} from '@threeply/task'
export type {
  BroadcastOptions,
  MapOptions,
  ReduceOptions,
  RunOptions,
  StreamOptions,
  Transferable,
} from './call-options.ts'
export type { CarriedStorage, Carry, CarryContext } from './carry.ts'
export type { ForkContext } from './fork-context.ts'
export type { Inputs } from './input-source.ts'
export type { CloseOptions } from './pool.ts'
export { ForkJoinPool } from './pool.ts'
export type {
  ForkJoinPoolOptions,
  RecycleLimits,
  ResourceLimits,
  ThreadRange,
} from './pool-options.ts'
export type { Operand, ReducerName } from './reducer-types.ts'
export type { Scope, ScopeOptions, ScopePolicy } from './scope.ts'
