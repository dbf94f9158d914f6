/** One lane, and what lanes take tasks from. */
import type { WhyCancelled } from './adaptive/limit-sampler.ts'
import type { Attempt } from './attempt.ts'
import type { Turn } from './turns.ts'

/** What {@link Work.begin} gives when it had nothing to start. */
export const NOTHING: unique symbol = Symbol('nothing to start')

/** Something that lanes take tasks from: a queue of `run`, or one call of `map`. */
export interface Work extends Turn<Work> {
  /**
   * Starts its next task, notes in the lane which, and gives what the function gave. Never throws:
   * a function that throws gives a rejected promise. Work that has nothing to start leaves the
   * turns and gives {@link NOTHING}.
   */
  begin(lane: Lane): unknown
  /** What it began in `lane` has ended. */
  succeeded(lane: Lane, output: unknown): void
  failed(lane: Lane, error: unknown): void
  /** What it began in `lane` was told to stop before its end, and why. */
  whyCancelled(lane: Lane): WhyCancelled
  /** Whether it will have more to start, though it may have nothing now: its lanes wait for it. */
  readonly expectsMore: boolean
}

/** Runs one task after another; one at a time. */
export class Lane {
  /** Runs its loop. Async stack traces know a lane by the name of this function: each has its own. */
  readonly drive: () => Promise<void>
  /** What it took its last task from. */
  work: Work | undefined = undefined
  /** The call of `run` that runs in it. */
  call: object | undefined = undefined
  /** What tells the function of that call that it is cancelled, if it could know. */
  attempt: Attempt | undefined = undefined
  /** Or the index of the input. */
  index = 0
  /** The work in whose async context the lane itself runs: it needs no switch to be called. */
  home: Work | undefined
  /** Whether what runs in it takes its one slot until its end: false brings the next two in. */
  isOrdinary = true
  /** Slots that what runs in it takes, beside the lane's own. */
  extraSlots = 0
  /** What runs in it has given its slots back before its end. */
  isReleased = false
  /** Whether what has just ended in it had. */
  wasReleased = false
  /** When what runs in it started, if the limit is adaptive. */
  startedAt = 0
  /** Wakes it, while it is parked. */
  unpark: (() => void) | undefined = undefined

  constructor(home: Work | undefined, loop: (lane: Lane) => Promise<void>) {
    this.home = home
    this.drive = async () => await loop(this)
  }
}
