/** What casts doubt on the figures: seen, likely cause, option that helps. */
import type { Report } from '../report.ts'

/** Rounds that differ by this much are another program's doing. */
const RESTLESS = 0.5 // quiet machines stay below a third

/** One line, or none. */
export function renderWarnings({ claims, options }: Report): string {
  const restless = claims.filter(({ spread }) => spread > RESTLESS)
  if (restless.length === 0) return ''
  const percent = Math.round(Math.max(...restless.map(({ spread }) => spread)) * 100)
  const ids = new Intl.ListFormat('en').format(restless.map(({ id }) => String(id)))
  const which = restless.length === 1 ? `claim ${ids}` : `claims ${ids}`
  const advice = options.rounds === undefined ? 'try --rounds 20' : 'try again later'
  return `! ${which}: rounds differ by up to ${percent} %; another program is busy, ${advice}\n`
}
