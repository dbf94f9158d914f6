/**
 * How many inputs travel in one message, from the measured cost of a task: so many that the message
 * costs little against the work in it, so few that the last message does not keep everyone waiting.
 */
import { MAX_CHUNKS, MAX_INPUTS } from './message-limits.ts'

/**
 * A message there and back costs both sides some 10 µs together; a chunk of this length makes that
 * about one percent, and is the most that one thread works on while another has nothing left.
 */
const CHUNK_MS = 1

/**
 * Behind less than this a thread is given its next chunk before it asks, which hides the message, and
 * that the parent has to wait for a core where all have work; behind more, both are a percent or two.
 * Idle threads take back what waits so behind others, and so does what has a higher priority.
 */
const PREFETCH_BEHIND_MS = 25

/** A chunk is overdue when it has taken so many times as long as it should, and longer than this. */
const OVERDUE = 4
const OVERDUE_MS = 10

/** Of what remains, each chunk takes at most a share of 1 / (this × threads). */
const SHARES_PER_THREAD = 2

/** Less work than this is not worth a message of its own; */
const LEAST_MS = 0.1
/** but an input that takes the parent so long to send is: it would only wait for more of the kind. */
const SEND_ALONE_MS = 0.05

/** What was known counts as much as so many inputs measured anew, */
const MEMORY_INPUTS = 32
/** or as so many milliseconds of them, */
const MEMORY_MS = 1
/** and a single long one never makes up more than this of what is known then. */
const MOST_OF_ONE = 0.3

/**
 * A chunk that took so much longer than it should, and longer than this many milliseconds, had one
 * long task among short ones, whose outputs had to wait for it.
 */
const UNEVEN = 4
const UNEVEN_MS = 10
/** After that, so many inputs of the task travel alone. */
const CAUTIOUS_INPUTS = 64

interface Cost {
  /** Milliseconds on the thread. */
  run: number
  /** Milliseconds in the parent, for making the message. */
  send: number
  /** How many inputs are still to travel alone. */
  cautious: number
}

/** What an input of each task has cost lately, message included. */
export class TaskCosts {
  readonly #costs = new Map<string, Cost>()

  /** Milliseconds for one input of the task, as they count for a chunk; `Infinity` when nobody knows. */
  of(name: string): number {
    const cost = this.#costs.get(name)
    if (cost === undefined || cost.cautious > 0) return Number.POSITIVE_INFINITY
    const known = cost.run + cost.send
    return cost.send < SEND_ALONE_MS ? known : Math.max(known, CHUNK_MS)
  }

  recordRun(name: string, count: number, duration: number): void {
    const cost = this.#costs.get(name)
    if (cost === undefined) {
      this.#costs.set(name, { run: duration / count, send: 0, cautious: 0 })
      return
    }
    const isUneven = count > 1 && duration > Math.max(UNEVEN_MS, UNEVEN * count * cost.run)
    cost.cautious = isUneven ? CAUTIOUS_INPUTS : Math.max(0, cost.cautious - count)
    cost.run = mix(cost.run, count, duration)
  }

  recordSend(name: string, count: number, duration: number): void {
    const cost = this.#costs.get(name)
    if (cost !== undefined) cost.send = mix(cost.send, count, duration)
  }
}

/**
 * The most inputs of a chunk, when `remaining` inputs of about that cost are there for `threads`
 * threads: chunks get smaller towards the end, so that all threads end together.
 */
export function fairShare(remaining: number, threads: number, cost: number): number {
  const share = Math.ceil(remaining / (SHARES_PER_THREAD * threads))
  return Math.max(1, share, Math.floor(LEAST_MS / cost))
}

/** Whether a chunk that has `duration` of work has room for `cost` more. */
export function fits(duration: number, cost: number): boolean {
  return duration + cost <= CHUNK_MS
}

/** How many inputs of such a cost fill the chunks of all threads, two for each. */
export function mostInFlight(cost: number, threads: number, chunkSize = mostThatFit(cost)): number {
  return MAX_CHUNKS * threads * Math.min(MAX_INPUTS, chunkSize)
}

/** How many of `remaining` inputs of such a cost one message is to carry. */
export function chunkSize(remaining: number, threads: number, cost: number): number {
  return Math.min(MAX_INPUTS, mostThatFit(cost), fairShare(remaining, threads, cost))
}

/** How many inputs of such a cost a chunk has room for. */
export function mostThatFit(cost: number): number {
  return Math.max(1, Math.floor(CHUNK_MS / Math.max(cost, 1e-6)))
}

/** Whether a thread that has `duration` of work left should be sent more. */
export function isWorthPrefetching(duration: number): boolean {
  return duration < PREFETCH_BEHIND_MS
}

/** Whether a chunk is longer than those that are made up of short tasks. */
export function isLong(duration: number): boolean {
  return duration > CHUNK_MS
}

/** After how many milliseconds a chunk that should take `duration`, if that is known, is overdue. */
export function patience(duration: number): number {
  return Number.isFinite(duration) ? Math.max(OVERDUE_MS, OVERDUE * duration) : OVERDUE_MS
}

/** Whether of `duration` of work on a busy thread an idle one should have a part. */
export function isWorthStealing(duration: number): boolean {
  return duration > LEAST_MS
}

/** A mean that follows. */
function mix(old: number, count: number, duration: number): number {
  const byCount = count / (count + MEMORY_INPUTS)
  const byDuration = Math.min(MOST_OF_ONE, duration / (duration + MEMORY_MS))
  return old + (duration / count - old) * Math.max(byCount, byDuration)
}
