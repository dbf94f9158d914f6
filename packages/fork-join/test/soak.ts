/** Everything that can happen to a pool, at random, seed after seed; `pnpm soak fork-join` runs it. */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { soakPool } from './fixtures/soaked-pool.ts'

export interface SoakOptions {
  /** The first seed; the next ones follow it. They repeat what is done, not the timing. */
  readonly seed: number
  /** No seed begins after it, by `performance.now()`. */
  readonly until: number
  /** @default as many as there is time for */
  readonly seeds?: number | undefined
  /** Called after each seed. */
  readonly onRound?: (figures: SoakFigures) => void
}

/** How much has been done: seeds, calls, how many calls settled as what, and bytes of heap after it. */
export type SoakFigures = Record<string, number>

const CALLS = 10_000

/** Memory has returned to its level when it is within so much of what it was after the first seed. */
const MOST_GROWTH = 0.2
/** By which the heap of a process that does nothing differs. */
const NOISE_BYTES = 8_000_000

/** @throws {AssertionError} a call settled wrongly, or something is left; the message names the seed */
export async function soak(options: SoakOptions): Promise<SoakFigures> {
  const { seed: first, until, seeds = Number.POSITIVE_INFINITY, onRound } = options
  const figures: SoakFigures = { seeds: 0, calls: 0 }
  let level: number | undefined
  console.log(`${CALLS} calls a seed`) // opens what is written to, before handles are counted
  await heapInUse() // by then whatever that has begun is over
  const handlesBefore = handles()
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(String(warning))
  process.on('warning', onWarning)
  for (let seed = first; seed < first + seeds && performance.now() < until; seed += 1) {
    const { wrong, left, outcomes } = await soakPool({ seed, calls: CALLS, deathEvery: 50 })
    // Not all of them: thousands would take more memory to print than there is.
    const some = inspect(wrong.slice(0, 3), { depth: 4, maxArrayLength: 10 })
    assert.equal(wrong.length, 0, `seed ${seed}: calls settled wrongly, such as ${some}`)
    for (const [name, count] of Object.entries(left)) {
      assert.equal(count, 0, `seed ${seed}: ${name} is left`)
    }
    const heap = await heapInUse() // takes longer than any timer of ours
    assert.equal(handles(), handlesBefore, `seed ${seed}: a handle is left`)
    assert.deepEqual(warnings, [], `seed ${seed}: Node has warned`)
    level ??= heap
    const most = level * (1 + MOST_GROWTH) + NOISE_BYTES
    assert.ok(heap < most, `seed ${seed}: the heap has grown from ${level} to ${heap} bytes`)
    figures.seeds! += 1
    figures.calls! += CALLS
    figures.heapBytes = heap
    for (const [name, count] of Object.entries(outcomes)) {
      figures[name] = (figures[name] ?? 0) + count
    }
    onRound?.(figures)
  }
  process.off('warning', onWarning)
  return figures
}

/** Of everything that is open: threads, ports, timers. */
function handles(): string {
  return process.getActiveResourcesInfo().toSorted().join(' ')
}

/** After what can be collected has been: the least of several readings. */
async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let least = Number.POSITIVE_INFINITY
  for (let reading = 0; reading < 5; reading += 1) {
    collect()
    await delay(20)
    least = Math.min(least, process.memoryUsage().heapUsed)
  }
  return least
}
