/** What a series is called and labelled, refused at the door when Prometheus would refuse it. */
import {
  checkOptionNames,
  checkWholeNumber,
  InvalidOptionError,
  invalidOption,
} from './invalid-option-error.ts'
import type { Declaration, SeriesKind } from './memory/directory.ts'

/** What tells the series of one name apart. Few values each: every combination costs memory. */
export type Labels = Readonly<Record<string, string>>

/** Options of `counter`, `gauge` and `histogram`. */
export interface SeriesOptions {
  /** A sentence on what it counts or measures. Of all series of a name, the first one's stays. */
  readonly help: string
  /** The base unit of the values: `seconds`, `bytes`. The same for all series of a name. @default '' */
  readonly unit?: string | undefined
  /** @default none */
  readonly labels?: Labels | undefined
}

/** Options of `timeline`. */
export interface TimelineOptions {
  /** A sentence on what its spans are. @default '' */
  readonly help?: string | undefined
  /** @default none */
  readonly labels?: Labels | undefined
  /**
   * How many spans are kept for each thread, 48 bytes each. Given once, it holds for every later
   * `timeline` of the name that leaves it out. @default 4,096
   */
  readonly capacity?: number | undefined
}

/** Counts what was refused; the registry's own. */
export const DROPPED_NAME = 'threeply_metrics_dropped_total'

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/ // two underscores are Prometheus's own

const SERIES_OPTIONS = ['help', 'unit', 'labels']
const TIMELINE_OPTIONS = ['help', 'labels', 'capacity']

/** The most spans of a ring; with 48 bytes each, more than any registry has memory for. */
const LARGEST_CAPACITY = 2 ** 24

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function checkDeclaration(
  kind: SeriesKind,
  name: unknown,
  options: SeriesOptions | TimelineOptions = {},
): Declaration {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalidOption(kind, 'name', name, `a name that matches ${NAME.source}`)
  }
  const owner = `${kind} '${name}'`
  if (name === DROPPED_NAME) {
    throw new InvalidOptionError(
      'name',
      `${owner} cannot be made: the registry counts with it itself.`,
    )
  }
  checkOptionNames(owner, options, kind === 'timeline' ? TIMELINE_OPTIONS : SERIES_OPTIONS)
  const { help = '', unit, labels = {}, capacity } = options as SeriesOptions & TimelineOptions
  if (typeof help !== 'string') throw invalidOption(owner, 'help', help, 'a string')
  if (unit !== undefined && typeof unit !== 'string') {
    throw invalidOption(owner, 'unit', unit, 'a string')
  }
  if (capacity !== undefined) {
    checkWholeNumber(owner, 'capacity', capacity, { minimum: 1, maximum: LARGEST_CAPACITY })
  }
  return { kind, name, unit, help, labels: checkLabels(kind, owner, labels), capacity }
}

/** Sorted, so that the same labels in any order are the same series. */
function checkLabels(kind: SeriesKind, owner: string, labels: unknown): Labels {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    throw invalidOption(owner, 'labels', labels, 'an object of strings')
  }
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [label, value] of sorted) {
    if (!LABEL_NAME.test(label)) {
      throw invalidOption(owner, 'labels', label, `names that match ${LABEL_NAME.source}`)
    }
    if (kind === 'histogram' && label === 'le') {
      throw invalidOption(
        owner,
        'labels',
        label,
        "any name but 'le', which Prometheus needs for buckets",
      )
    }
    if (typeof value !== 'string') {
      throw invalidOption(owner, `labels.${label}`, value, 'a string')
    }
  }
  return Object.fromEntries(sorted)
}
