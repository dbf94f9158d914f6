/**
 * For those who write runners: what all of them do alike. It is no part of the stable API, and may
 * change in any version.
 */
export { isCloneable } from './cloneable.ts'
export { describe } from './describe.ts'
export { isError } from './error-codec.ts'
export type { LoadedTask } from './module-loading.ts'
export { LoadedModule, taskModuleUrl } from './module-loading.ts'
export { checkUnmoved } from './moved-buffer.ts'
export {
  checkChoice,
  checkDuration,
  checkFunction,
  checkOptionNames,
  checkSignal,
  checkWholeNumber,
  invalidOption,
  LONGEST_TIMER,
} from './option-checks.ts'
export type { StreamFeed } from './output-stream.ts'
export { StreamedOutputs } from './output-stream.ts'
export { hideFramesOf } from './stack-frames.ts'
export { StandardStreams } from './standard-streams.ts'
export { isTraced, type TaskCall, traceCall } from './task-tracing.ts'
export { threadArguments } from './thread-arguments.ts'
export type { CancellationFlag } from './thread-task-context.ts'
export { ThreadTaskContext } from './thread-task-context.ts'
export { serializationError } from './uncloneable.ts'
