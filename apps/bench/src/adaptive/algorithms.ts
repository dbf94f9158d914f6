/** The limits that adapt, as the benchmark uses them: with nothing set. */
import { type AdaptiveLimit, AimdLimit, Gradient2Limit, VegasLimit } from '@threeply/executor'

export interface Algorithm {
  readonly name: string
  make(): AdaptiveLimit
}

export const ALGORITHMS: readonly Algorithm[] = [
  { name: 'AIMD', make: () => new AimdLimit() },
  { name: 'Gradient2', make: () => new Gradient2Limit() },
  { name: 'Vegas', make: () => new VegasLimit() },
]

/** Where all begin. */
export const FIRST_LIMIT = 10
