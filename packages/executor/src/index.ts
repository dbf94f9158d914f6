export type { OutputStream, StreamOrder } from '@threeply/task'
export type { ItemContext, RunContext } from './attempt.ts'
export type {
  CallOptions,
  MapOptions,
  MapSettledOptions,
  RunOptions,
  StreamOptions,
} from './call-options.ts'
export { AsyncExecutor } from './executor.ts'
export type { AsyncExecutorOptions, CloseOptions } from './executor-options.ts'
export type { Inputs } from './input-source.ts'
export type { Overflow } from './queue-settings.ts'
export type { RateOptions } from './rate-options.ts'
export type { Jitter } from './retry.ts'
export type { RetryOptions } from './retry-options.ts'
