export type { ItemContext, RunContext } from './attempt.ts'
export { AsyncExecutor } from './executor.ts'
export type {
  AsyncExecutorOptions,
  CallOptions,
  CloseOptions,
  MapOptions,
  MapSettledOptions,
  RateOptions,
  RetryOptions,
  RunOptions,
  StreamOptions,
} from './executor-options.ts'
export type { Inputs } from './input-source.ts'
export type { StreamOrder } from './output-order.ts'
export type { OutputStream } from './output-stream.ts'
export type { Overflow } from './queue-settings.ts'
export type { Jitter } from './retry.ts'
