/** Tells of calls of tasks on the tracing channel `threeply:task` of `node:diagnostics_channel`. */
import { tracingChannel } from 'node:diagnostics_channel'

/** What subscribers get; `result` or `error` is added when the call has settled. */
export interface TaskCall {
  readonly runner: 'fork-join' | 'detached' | 'executor'
  /** The method of the runner that was called. */
  readonly method: string
  /** Of the task. */
  readonly name: string
}

const channel = tracingChannel('threeply:task')

/** Whether anybody listens; asking costs some nanoseconds. */
export function isTraced(): boolean {
  return channel.hasSubscribers
}

/** Publishes `start` and `end` around `call`, then `asyncStart` and `asyncEnd`, or `error` before these. */
export function traceCall<Output>(
  description: TaskCall,
  call: () => Promise<Output>,
): Promise<Output> {
  return channel.tracePromise(call, { ...description })
}
