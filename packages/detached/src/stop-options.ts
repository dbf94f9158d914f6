/** How long what is asked to stop is waited for. */
import { checkDuration, invalidOption } from '@threeply/task/runner'

/** What `stop` and `shutdown` take. */
export interface StopOptions {
  /** How long the task is given to end by itself, in milliseconds. @default the runner's `grace` */
  readonly grace?: number | undefined
}

/** The grace that a call asks for. @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
export function graceOf(owner: string, options: StopOptions, fallback: number): number {
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(owner, 'options', options, 'an object with grace')
  }
  const { grace = fallback } = options
  checkDuration(owner, 'grace', grace)
  return grace
}
