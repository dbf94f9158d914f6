/**
 * Finds calls that can never start, because the functions that hold the slots wait for them: calls
 * made inside a function of the same executor, or of another one that leads back to it.
 *
 * When something waits and nothing has started for a while, one looks which lanes wait for which
 * calls (`awaiting-lane.ts`). Lanes whose functions wait for nothing that is held up are left out,
 * until none is: what is left waits round and round. So nothing is refused that could start, and
 * nothing is done while all goes well.
 *
 * A look costs time, and memory for as long as the call is open. So a call is looked at when it has
 * waited for twice as long as at the time before, and the others with it only when a lane waits for it:
 * of a queue that nobody inside waits for, each call is looked at a few times in all.
 */
import { DeadlockError } from '@threeply/task'
import { findAwaitingLane, LaneNames, type Promised } from './awaiting-lane.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { oneTurn } from './one-turn.ts'

/** A call that is not settled. */
export interface Suspect extends Promised {
  /** The call itself: the same object whenever it is suspected. */
  readonly call: object
  readonly taskName: string
  readonly lanes: Lanes
  /** Whether it has something to start that waits. */
  readonly isWaiting: boolean
  /** Whether it cannot go on unless one of these lanes does. */
  isHeldUpBy(lanes: ReadonlySet<Lane>): boolean
  refuse(error: DeadlockError): void
}

/** Where calls wait and run. */
export interface Watched {
  readonly lanes: Lanes
  readonly hasWaiting: boolean
  /** Calls that are open: all that run, and of those that wait the newest. */
  suspects(limit: number): Iterable<Suspect>
}

/** How often one sees whether anything has started, in milliseconds. */
const TICK = 50

/** How many of those that wait are looked at: a look takes some 10 µs. What holds a slot calls last. */
const MOST_SUSPECTS = 500

/** Somebody to be asked at each tick. */
interface Place {
  readonly ref: WeakRef<Watched>
  /** How many functions had started at the last tick. */
  starts: number
}

/** In ticks. */
interface Schedule {
  next: number
  interval: number
}

const places = new Set<Place>()
const forget = new FinalizationRegistry<Place>((place) => places.delete(place))
const schedules = new WeakMap<object, Schedule>()

let timer: NodeJS.Timeout | undefined
let ticks = 0
let isLooking = false

/** To be told of once, and for as long as it is used by anybody else. */
export function watch(watched: Watched): void {
  const place = { ref: new WeakRef(watched), starts: -1 }
  places.add(place)
  forget.register(watched, place)
}

/** Something has to wait for a slot. */
export function expectDeadlock(): void {
  if (timer !== undefined) return
  for (const place of places) place.starts = -1 // how long they have been quiet, nobody knows
  timer = setTimeout(tick, TICK).unref() // what waits keeps the process alive itself
}

function tick(): void {
  ticks += 1
  const waiting: Watched[] = []
  const quiet: Watched[] = []
  for (const place of places) {
    const watched = place.ref.deref()
    if (watched === undefined) continue
    if (watched.hasWaiting) waiting.push(watched)
    if (place.starts === watched.lanes.starts) quiet.push(watched)
    place.starts = watched.lanes.starts
  }
  timer = waiting.length === 0 ? undefined : setTimeout(tick, TICK).unref()
  // Where functions start, what waits will start: it takes no part in a deadlock.
  if (quiet.length > 0 && !isLooking) void look(quiet)
}

async function look(quiet: readonly Watched[]): Promise<void> {
  isLooking = true
  try {
    const due = suspectsAt(quiet).filter(isDue)
    if (due.length === 0 || (await awaitedBy(due, quiet)).size === 0) return
    const starts = startsOf(quiet)
    const awaited = await awaitedBy(suspectsAt(quiet), quiet)
    if (startsOf(quiet) === starts) refuseAll(heldUp(awaited))
  } finally {
    isLooking = false
  }
}

/** None, when none of them waits. */
function suspectsAt(quiet: readonly Watched[]): Suspect[] {
  const suspects = quiet.flatMap((watched) => [...watched.suspects(MOST_SUSPECTS)])
  return suspects.some(({ isWaiting }) => isWaiting) ? suspects : []
}

function isDue({ call }: Suspect): boolean {
  const schedule = schedules.get(call) ?? { next: ticks, interval: 1 }
  if (schedule.next > ticks) return false
  schedules.set(call, { next: ticks + schedule.interval, interval: 2 * schedule.interval })
  return true
}

/** Which lanes wait for which of the suspects. */
async function awaitedBy(
  suspects: readonly Suspect[],
  quiet: readonly Watched[],
): Promise<Map<Lane, Suspect[]>> {
  const names = new LaneNames()
  for (const { lanes } of quiet) for (const lane of lanes) names.add(lane)
  const awaited = new Map<Lane, Suspect[]>()
  const turn = oneTurn()
  for (const suspect of suspects) {
    findAwaitingLane(suspect, names, turn, (lane) => {
      const others = awaited.get(lane)
      if (others === undefined) awaited.set(lane, [suspect])
      else others.push(suspect)
    })
  }
  await turn
  await oneTurn() // by then all have been looked at
  return awaited
}

/** Leaves out the lanes whose function waits for nothing that is held up, until none is. */
function heldUp(awaited: Map<Lane, Suspect[]>): Suspect[] {
  let count: number
  do {
    count = awaited.size
    const lanes = new Set(awaited.keys())
    for (const [lane, suspects] of awaited) {
      const stuck = suspects.filter((suspect) => suspect.isHeldUpBy(lanes))
      if (stuck.length > 0) awaited.set(lane, stuck)
      else awaited.delete(lane)
    }
  } while (awaited.size < count)
  return [...awaited.values()].flat()
}

function refuseAll(suspects: readonly Suspect[]): void {
  const waiting = suspects.filter(({ isWaiting }) => isWaiting)
  for (const { taskName, lanes, refuse } of waiting) {
    refuse(new DeadlockError(taskName, lanes.concurrency))
  }
}

/** Grows whenever a function starts. */
function startsOf(quiet: readonly Watched[]): number {
  return quiet.reduce((sum, { lanes }) => sum + lanes.starts, 0)
}
