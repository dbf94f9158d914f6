/**
 * Finds calls that can never start, because the functions that hold the slots wait for them: calls
 * made inside a function of the same executor, or of another one that leads back to it.
 *
 * When something waits and nothing has started for a while, one looks which lanes wait for which
 * calls (`awaiting-lane.ts`). Lanes whose functions wait for nothing that is held up are left out,
 * until none is: what is left waits round and round. So nothing is refused that could start, and
 * nothing is done while all goes well.
 */
import { DeadlockError } from '@threeply/task'
import { findAwaitingLane, LaneNames, type Promised } from './awaiting-lane.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { oneTurn } from './one-turn.ts'

/** A call that is not settled. */
export interface Suspect extends Promised {
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
const TICK = 20

/** How many of those that wait are looked at: a look takes some 10 µs. What holds a slot calls last. */
const MOST_SUSPECTS = 500

const watched = new Set<WeakRef<Watched>>()
const forget = new FinalizationRegistry<WeakRef<Watched>>((ref) => watched.delete(ref))

let timer: NodeJS.Timeout | undefined
let lastStarts = 0
let quietTicks = 0
/** After how many quiet ticks one looks: at the first, the second, the fourth, and so on. */
let nextLook = 1

/** To be told of once, and for as long as it is used by anybody else. */
export function watch(place: Watched): void {
  const ref = new WeakRef(place)
  watched.add(ref)
  forget.register(place, ref)
}

/** Something has to wait for a slot. */
export function expectDeadlock(): void {
  if (timer !== undefined) return
  lastStarts = starts()
  quietTicks = 0
  nextLook = 1
  timer = setTimeout(tick, TICK).unref() // what waits keeps the process alive itself
}

function tick(): void {
  const now = starts()
  if (now !== lastStarts) {
    lastStarts = now
    quietTicks = 0
    nextLook = 1
  } else {
    quietTicks += 1
    if (quietTicks === nextLook) {
      nextLook *= 2
      void look()
    }
  }
  timer = undefined
  if (places().some((place) => place.hasWaiting)) timer = setTimeout(tick, TICK).unref()
}

async function look(): Promise<void> {
  const suspects = places().flatMap((place) => [...place.suspects(MOST_SUSPECTS)])
  const names = new LaneNames()
  for (const { lanes } of places()) for (const lane of lanes) names.add(lane)
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
  if (starts() === lastStarts) refuseAll(heldUp(awaited))
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

function places(): Watched[] {
  return [...watched].map((ref) => ref.deref()).filter((place) => place !== undefined)
}

/** Grows whenever a function starts. */
function starts(): number {
  let sum = 0
  for (const { lanes } of places()) sum += lanes.starts
  return sum
}
