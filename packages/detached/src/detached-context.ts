/** What a task that talks with its parent gets beside its input. */
import type { TaskContext } from '@threeply/task'

/**
 * The context of a detached task: a {@link TaskContext} with a channel to the handle that `spawn`
 * gave. A task that does not talk takes a plain `TaskContext`.
 * @typeParam Incoming The messages that the task receives: what the handle's `send` takes.
 * @typeParam Outgoing The messages that the task sends: what iterating the handle yields.
 * @example
 * export async function average(_: undefined, { messages, send }: DetachedContext<number, number>) {
 *   let sum = 0
 *   let count = 0
 *   for await (const value of messages) await send((sum += value) / ++count)
 *   return count
 * }
 */
export interface DetachedContext<Incoming = unknown, Outgoing = unknown> extends TaskContext {
  /**
   * Sends `message` to the parent. Fulfilled when there was room for it: up to 64 messages may be
   * unread there. A message that waits for room is cloned when it goes, so await it before you change it.
   * What still waits when the task ends is sent then, and arrives before the output.
   * @param transfer Objects in the message to be moved, not copied.
   * @throws {TaskSerializationError} ERR_THREEPLY_SERIALIZATION: it cannot be cloned
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: `transfer` is no array
   */
  send(message: Outgoing, transfer?: readonly unknown[]): Promise<void>
  /**
   * The messages that the parent sends, in order. Once the task is asked to stop, iteration ends after
   * those that were sent before, so that a loop over them comes to its end by itself. After a `break`,
   * the rest stays for the next loop; several loops share them, each message going to one.
   */
  readonly messages: AsyncIterable<Incoming>
}

/** The context that any detached task can be called with. */
export type AnyDetachedContext = DetachedContext<never, unknown>
