/** How many calls of `run` may wait, and what becomes of one more. */

export type Overflow = 'reject' | 'wait' | 'drop-oldest'

export interface QueueSettings {
  readonly queueLimit: number
  readonly overflow: Overflow
}
