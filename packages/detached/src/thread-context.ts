/** The context that a task gets in its thread: cancellable, and one end of the channel. */
import { type CancellationFlag, invalidOption, ThreadTaskContext } from '@threeply/task/runner'
import type { Channel } from './channel.ts'
import type { DetachedContext } from './detached-context.ts'

export class ThreadContext extends ThreadTaskContext implements DetachedContext {
  // Fields and not methods, so that a task may take them apart: `({ send, messages }) => …`.
  readonly send: DetachedContext['send']
  readonly messages: AsyncIterable<unknown>

  constructor(flag: CancellationFlag, channel: Channel) {
    super(flag, () => {}) // `spawn` has nobody to tell: a detached task sends messages
    this.send = (message, transfer) => sendOver(channel, message, transfer)
    this.messages = { [Symbol.asyncIterator]: () => channel.messages() }
  }
}

/** What `send` does at both ends. */
export function sendOver(
  channel: Channel,
  message: unknown,
  transfer: readonly unknown[] = [],
): Promise<void> {
  if (Array.isArray(transfer)) return channel.send(message, transfer)
  return Promise.reject(invalidOption('send', 'transfer', transfer, 'an array of what to move'))
}
