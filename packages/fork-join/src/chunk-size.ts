/**
 * How many inputs travel in one message, from the measured cost of a task: so many that the message
 * costs little against the work in it, so few that the last message does not keep everyone waiting.
 */

/**
 * A message there and back costs both sides some 10 µs together; a chunk of this length makes that
 * about one percent, and is the most that one thread works on while another has nothing left.
 */
const CHUNK_MS = 1

/** Behind less than this a thread is given its next chunk before it asks, which hides the message. */
const PREFETCH_BEHIND_MS = 2

/** Bounds what a dying thread can lose, and how long the parent is busy with one message. */
export const MAX_INPUTS = 4_096

/** Of what remains, each chunk takes at most a share of 1 / (this × threads). */
const SHARES_PER_THREAD = 2

/** A new measurement counts as much as this many old inputs. */
const MEMORY = 32

interface Cost {
  /** Milliseconds on the thread. */
  run: number
  /** Milliseconds in the parent, for making the message. */
  send: number
}

/** What an input of each task has cost lately, message included. */
export class TaskCosts {
  readonly #costs = new Map<string, Cost>()

  /** Milliseconds for one input of the task; `Infinity` when it has never been measured. */
  of(name: string): number {
    const cost = this.#costs.get(name)
    return cost === undefined ? Number.POSITIVE_INFINITY : cost.run + cost.send
  }

  recordRun(name: string, count: number, duration: number): void {
    const cost = this.#costs.get(name)
    if (cost === undefined) this.#costs.set(name, { run: duration / count, send: 0 })
    else cost.run = mix(cost.run, duration / count, count)
  }

  recordSend(name: string, count: number, duration: number): void {
    const cost = this.#costs.get(name)
    if (cost !== undefined) cost.send = mix(cost.send, duration / count, count)
  }
}

/** The most inputs of a chunk, when `remaining` inputs are there for `threads` threads. */
export function fairShare(remaining: number, threads: number): number {
  return Math.min(MAX_INPUTS, Math.max(1, Math.ceil(remaining / (SHARES_PER_THREAD * threads))))
}

/** Whether a chunk that has `duration` of work has room for `cost` more. */
export function fits(duration: number, cost: number): boolean {
  return duration + cost <= CHUNK_MS
}

/** How many inputs of such a cost fill the chunks of all threads. */
export function readAhead(cost: number, threads: number): number {
  const perChunk = Math.min(MAX_INPUTS, Math.max(1, Math.floor(CHUNK_MS / Math.max(cost, 1e-6))))
  return 2 * threads * perChunk
}

/** Whether a thread that has `duration` of work left should be sent more. */
export function isWorthPrefetching(duration: number): boolean {
  return duration < PREFETCH_BEHIND_MS
}

/** A mean that follows: one slow input among cheap ones counts, and is soon forgotten. */
function mix(old: number, measured: number, count: number): number {
  return old + (measured - old) * Math.max(0.1, count / (count + MEMORY))
}
