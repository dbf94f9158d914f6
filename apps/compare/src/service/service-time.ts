/** How long the service takes for a request: log-normal, as the times of real services are. */
import { seededRandom } from '../measure/random.ts'

export interface ServiceTimes {
  readonly seed: number
  /** Milliseconds; half of the requests take longer. */
  readonly median: number
  /** The standard deviation of the logarithm: at 0.5 one request in forty takes 2.7 times the median. */
  readonly sigma: number
}

/** Spreads neighbouring item numbers over all seeds (2³² divided by the golden ratio). */
const SPREAD = 0x9e3779b1

/**
 * The time for item `id`, in whole milliseconds, as timers have no finer ones. It follows from the
 * seed and the item alone, so that every model waits equally long for the same requests.
 */
export function serviceTime(id: number, { seed, median, sigma }: ServiceTimes): number {
  const random = seededRandom(seed ^ Math.imul(id + 1, SPREAD))
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) // Box–Muller
  return Math.max(1, Math.round(median * Math.exp(sigma * normal)))
}
