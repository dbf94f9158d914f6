/** Whether what a call was told to stop with says that time ran out, its own or an `AbortSignal`'s. */
import { TaskTimeoutError } from '@threeply/task'

export function isTimeoutReason(reason: unknown): boolean {
  return (
    reason instanceof TaskTimeoutError ||
    (reason instanceof DOMException && reason.name === 'TimeoutError') // of AbortSignal.timeout()
  )
}
