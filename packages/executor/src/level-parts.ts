/** What all calls of one level of an executor share. */
import type { AbortListeners } from './abort-listeners.ts'
import type { CallDefaults } from './call-options.ts'
import type { Lanes } from './lanes.ts'
import type { Entrance } from './nesting.ts'
import type { OpenCalls } from './open-calls.ts'
import type { Recorder } from './recorder.ts'

export interface LevelParts {
  readonly lanes: Lanes
  readonly calls: OpenCalls
  readonly signals: AbortListeners
  readonly recorder: Recorder | undefined
  readonly defaults: CallDefaults
  /** Whether its calls are made inside functions of other levels. */
  readonly isInner: boolean
  /** Undefined where it is of no interest in what functions calls are made. */
  readonly entrance: Entrance | undefined
}
