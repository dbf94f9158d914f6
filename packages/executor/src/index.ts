export type { OutputStream, StreamOrder } from '@threeply/task'
export type { AdaptiveLimit, LimitSample } from './adaptive/adaptive-limit.ts'
export { AimdLimit, type AimdOptions } from './adaptive/aimd-limit.ts'
export { Gradient2Limit, type Gradient2Options } from './adaptive/gradient2-limit.ts'
export type { LimitOptions } from './adaptive/limit-bounds.ts'
export type { ProbingLimitOptions } from './adaptive/probing-limit.ts'
export { VegasLimit } from './adaptive/vegas-limit.ts'
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
export type { WrapFetchOptions } from './wrap-fetch.ts'
export { wrapFetch } from './wrap-fetch.ts'
