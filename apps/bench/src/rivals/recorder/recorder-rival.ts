/** What everything that records values is to the suites. */
import type { Role } from '../../suite.ts'

export interface RecorderRival {
  readonly name: string
  readonly role: Role
  /** Makes a recorder; loads the rival's package not before. */
  open(): Promise<Recorder>
}

export interface Recorder {
  /** What a value must be: base units as Prometheus has them, or whole numbers from 1 up. */
  readonly takes: 'seconds' | 'nanoseconds'
  /** Records one duration; a counter counts 1. */
  record(value: number): void
  /** How often it has recorded, by its own reading. */
  count(): number | Promise<number>
}
