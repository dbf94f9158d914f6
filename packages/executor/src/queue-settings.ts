/** How many calls of `run` may wait, what becomes of one more, and how many run of one key. */

export type Overflow = 'reject' | 'wait' | 'drop-oldest'

export interface QueueSettings {
  readonly queueLimit: number
  readonly overflow: Overflow
  readonly keyConcurrency: number
}
