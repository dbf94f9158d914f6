/** What callers of a service see under a limit, while the service gains and loses servers. */
import { setTimeout as pause } from 'node:timers/promises'
import type { AsyncExecutor } from '@threeply/executor'
import { median, quantile } from 'simple-statistics'
import { LoopbackService, RefusedError } from '../service/loopback-service.ts'

/** A stretch of time in which the service is what it is. */
export interface Phase {
  readonly servers: number
  /** In milliseconds. */
  readonly duration: number
}

/** A request that was served. Times are milliseconds since the beginning. */
interface Served {
  readonly at: number
  readonly time: number
}

export interface ServiceRun {
  readonly served: readonly Served[]
  /** How many were refused. */
  readonly refused: number
  /** The limit, every {@link READING} milliseconds. */
  readonly limits: readonly { readonly at: number; readonly limit: number }[]
}

/** The mean time of a request that does not queue; each takes half to one and a half of it. */
export const SERVICE_TIME = 40

/** How many requests queue in the service before it refuses more. */
const ROOM = 32

/** Callers that always want something: more than any limit lets through. */
const CALLERS = 256

const READING = 50

/** @param onPhase Called when a phase begins. */
export async function serviceRun(
  executor: AsyncExecutor,
  phases: readonly Phase[],
  onPhase: (phase: Phase) => void = () => {},
): Promise<ServiceRun> {
  const service = await LoopbackService.start(settings(phases[0]!))
  const served: Served[] = []
  const limits: { at: number; limit: number }[] = []
  let refused = 0
  let isOver = false
  const start = performance.now()
  const request = async () => {
    const startedAt = performance.now()
    await service.request()
    const endedAt = performance.now()
    served.push({ at: endedAt - start, time: endedAt - startedAt })
  }
  const caller = async () => {
    while (!isOver) {
      try {
        await executor.run(request)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        refused += 1
      }
    }
  }
  const reading = setInterval(() => {
    limits.push({ at: performance.now() - start, limit: executor.concurrency })
  }, READING)
  const callers = Promise.all(Array.from({ length: CALLERS }, caller))
  for (const phase of phases) {
    await service.set(settings(phase))
    onPhase(phase)
    await pause(phase.duration)
  }
  clearInterval(reading)
  isOver = true
  await callers
  await service.stop()
  return { served, refused, limits }
}

function settings({ servers }: Phase) {
  return { servers, room: ROOM, serviceTime: SERVICE_TIME }
}

/** What a stretch of a run came to. */
export interface Stretch {
  /** Requests served in a second. */
  readonly throughput: number
  /** In milliseconds. */
  readonly p99: number
  /** The median. */
  readonly limit: number
}

export function stretchOf({ served, limits }: ServiceRun, from: number, to: number): Stretch {
  const times = served.filter(({ at }) => at >= from && at < to).map(({ time }) => time)
  const readings = limits.filter(({ at }) => at >= from && at < to).map(({ limit }) => limit)
  return {
    throughput: (times.length / (to - from)) * 1_000,
    p99: quantile(times, 0.99),
    limit: median(readings),
  }
}

/** Of a phase that begins at `from` and ends at `to`, what comes after its first half. */
export function settledStretch(run: ServiceRun, from: number, to: number): Stretch {
  return stretchOf(run, (from + to) / 2, to)
}

/**
 * How long after `from` the limit first comes within a quarter of its median in the second half of
 * the phase.
 */
export function timeToConverge(run: ServiceRun, from: number, to: number): number {
  const { limit: settled } = settledStretch(run, from, to)
  const first = run.limits.find(({ at, limit }) => {
    return at >= from && Math.abs(limit - settled) <= settled / 4
  })
  return first!.at - from
}
