/**
 * Which lane's function waits for a promise. V8 knows, and shows it in async stack traces: from a
 * promise reaction it goes on to the async function that awaits the promise of that reaction, to
 * the one that awaits that function, and so on, through `Promise.all` and `any` and through single
 * `then`s, up to the loop of a lane. Where V8 does not see through (`Promise.allSettled`, a promise
 * that two wait for) the trace ends, so that a lane that is found waits for certain.
 */
import type { Lane } from './lane.ts'
import type { Settlement } from './outputs.ts'

/** What has given out a promise that it will settle. */
export interface Promised {
  /**
   * Settles another promise in its place.
   * @returns How to resolve the one that was given out; undefined when there is none.
   */
  settleInstead(other: Settlement<unknown>): ((value: Promise<unknown>) => void) | undefined
}

/** What the functions of lanes are called while one looks. */
const LANE_NAME = 'threeply lane '

const DEEPEST = 200 // async functions between a lane and the call that it waits for

/** The names of lanes during one look. */
export class LaneNames {
  readonly #lanes: Lane[] = []

  add(lane: Lane): void {
    const value = LANE_NAME + this.#lanes.length
    this.#lanes.push(lane)
    Object.defineProperty(lane.drive, 'name', { value, configurable: true })
  }

  of(name: string | null): Lane | undefined {
    return name?.startsWith(LANE_NAME)
      ? this.#lanes[Number(name.slice(LANE_NAME.length))]
      : undefined
  }
}

/**
 * Looks who waits for the promise of `promised`, as soon as `when` is fulfilled. For that the
 * promise is made to follow another one, in whose reaction one can look.
 */
export function findAwaitingLane(
  promised: Promised,
  names: LaneNames,
  when: Promise<void>,
  onFound: (lane: Lane) => void,
): void {
  let settled: (() => unknown) | undefined
  let successor: Settlement<unknown> | undefined
  const follow = promised.settleInstead({
    resolve(value) {
      if (successor === undefined) settled ??= () => value
      else successor.resolve(value)
    },
    reject(error) {
      if (successor === undefined) settled ??= () => Promise.reject(error)
      else successor.reject(error)
    },
  })
  const look = () => {
    const lane = innermostLane(names)
    if (lane !== undefined) onFound(lane)
    if (settled !== undefined) return settled()
    return new Promise((resolve, reject) => {
      successor = { resolve, reject }
    })
  }
  follow?.(when.then(look))
}

/** To be called in a promise reaction: the first lane in the trace of who waits for its promise. */
function innermostLane(names: LaneNames): Lane | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = DEEPEST
    Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFunctionName())
    const found: { stack?: readonly (string | null)[] } = {}
    Error.captureStackTrace(found)
    for (const name of found.stack!) {
      const lane = names.of(name)
      if (lane !== undefined) return lane
    }
    return undefined
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}
