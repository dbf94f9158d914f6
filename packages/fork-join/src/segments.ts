/** What of tasks travels in a message. */
import type { CallSettings } from './call-options.ts'
import type { Carried } from './carry.ts'
import type { MapCall } from './map-call.ts'
import { FOLDS, IS_RUN, type Segment, WANTS_PROGRESS, WANTS_START_TIME } from './messages.ts'
import type { PoolMetrics } from './pool-metrics.ts'
import type { Submission, Task } from './submission.ts'

/** The segments of a message that carries these tasks, in this order. */
export function segmentsOf(tasks: readonly Task[], metrics: PoolMetrics): Segment[] {
  const segments: Segment[] = []
  let call: Submission | undefined
  let name = ''
  let wishes = -1
  let carried: Carried | undefined
  let inputs: unknown[] = []
  for (const task of tasks) {
    if (task.call !== call) {
      call = task.call
      const wanted = wishesOf(call.settings, task.index === undefined)
      if (task.name !== name || wanted !== wishes || call.settings.carried !== carried) {
        name = task.name
        wishes = wanted
        carried = call.settings.carried
        inputs = [] // filled below
        segments.push([name, wishes, metrics.time(call.submittedAt), inputs, carried])
      }
    }
    inputs.push(task.input)
  }
  return segments
}

/** That of inputs of one call. */
export function segmentOf(
  { name, settings, submittedAt }: MapCall,
  inputs: readonly unknown[],
  metrics: PoolMetrics,
): Segment {
  return [name, wishesOf(settings, false), metrics.time(submittedAt), inputs, settings.carried]
}

function wishesOf(settings: CallSettings, isRun: boolean): number {
  return (
    (settings.onProgress === undefined ? 0 : WANTS_PROGRESS) |
    (settings.timeout === Number.POSITIVE_INFINITY ? 0 : WANTS_START_TIME) |
    (settings.folds ? FOLDS : 0) |
    (isRun ? IS_RUN : 0)
  )
}
