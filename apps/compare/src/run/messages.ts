/** What the program and the process that runs an experiment say to each other, as JSON. */
import type { CompareOptions, Machine } from '../measure/bench.ts'
import type { ClaimReport } from '../report.ts'

export type ToExperiment =
  | {
      readonly type: 'measure'
      readonly claim: number
      readonly machine: Machine
      readonly options: CompareOptions
    }
  | { readonly type: 'abort' }

export type FromExperiment =
  | { readonly type: 'progress'; readonly step: string }
  | { readonly type: 'measured'; readonly report: ClaimReport }
  | { readonly type: 'failed'; readonly message: string; readonly stack: string }
