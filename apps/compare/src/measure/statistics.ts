/**
 * Medians and median ratios with 95 % confidence intervals, by the percentile bootstrap
 * (Georges, Buytaert, Eeckhout: Statistically Rigorous Java Performance Evaluation, 2007).
 * The same samples always give the same interval: resampling is seeded.
 */
import { interquartileRange, median, quantileSorted } from 'simple-statistics'
import { seededRandom } from './random.ts'

/** A figure and the bounds within which it lies with 95 % confidence. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Fewer samples say nothing about their spread, and get an interval without bounds. */
const FEWEST_SAMPLES = 3

/** Enough for bounds that move by less than a tenth of the interval from seed to seed. */
const RESAMPLES = 2_000

/** Bounds the time: a few million draws take some hundred milliseconds. */
const MOST_DRAWS = 2_000_000

const SEED = 20_071_021 // any will do

/**
 * The median of `samples`. With three to five of them the interval is about their range, which
 * covers less than the 95 % it is meant to (three: 75 %, five: 94 %).
 */
export function medianOf(samples: readonly number[]): Estimate {
  if (samples.length === 0) throw new RangeError('there is no median of no samples')
  const value = median([...samples])
  if (samples.length < FEWEST_SAMPLES) return { value, low: -Infinity, high: Infinity }
  const { length } = samples
  return { value, ...bounds(length, (draw) => medianAt(samples, draw(length))) }
}

/**
 * How many times b's figure a's is. Lists of one length come from the rounds of one comparison: it is the
 * median of the ratios round by round, so that a drift or a slow spell, which both went through, counts for
 * nothing. Of others it is the ratio of their medians, each resampled apart.
 */
export function medianRatio(a: readonly number[], b: readonly number[]): Estimate {
  const isPaired = a.length === b.length
  const value = isPaired ? median(roundByRound(a, b)) : median([...a]) / median([...b])
  if (Math.min(a.length, b.length) < FEWEST_SAMPLES) return { value, low: 0, high: Infinity }
  if (isPaired) return medianOf(roundByRound(a, b))
  const apart = (draw: Draw) => medianAt(a, draw(a.length)) / medianAt(b, draw(b.length))
  return { value, ...bounds(a.length + b.length, apart) }
}

function roundByRound(a: readonly number[], b: readonly number[]): number[] {
  return a.map((figure, round) => figure / b[round]!)
}

/** How much samples differ: the range of their middle half as a part of their median. */
export function relativeSpread(samples: readonly number[]): number {
  const list = [...samples]
  return interquartileRange(list) / median(list)
}

/** Picks `count` of `count` indices, with replacement. */
type Draw = (count: number) => readonly number[]

/** The 2.5th and the 97.5th percentile of what `statistic` makes of redrawn samples. */
function bounds(
  drawsEach: number,
  statistic: (draw: Draw) => number,
): { readonly low: number; readonly high: number } {
  const random = seededRandom(SEED)
  const draw: Draw = (count) => Array.from({ length: count }, () => Math.floor(random() * count))
  const times = Math.max(200, Math.min(RESAMPLES, Math.floor(MOST_DRAWS / drawsEach)))
  const redrawn = Array.from({ length: times }, () => statistic(draw)).sort((a, b) => a - b)
  return { low: quantileSorted(redrawn, 0.025), high: quantileSorted(redrawn, 0.975) }
}

function medianAt(samples: readonly number[], picked: readonly number[]): number {
  return median(picked.map((index) => samples[index]!))
}
