/** The fixed limit that would be best for a service, had one known it: found by trying. */
import { AsyncExecutor } from '@threeply/executor'
import { type Phase, type Stretch, serviceRun, settledStretch } from './service-run.ts'

/** What its trial came to. */
export type FixedLimit = Stretch

/** What is tried, as shares of the servers. */
const SHARES = [0.75, 1, 1.125, 1.25, 1.5, 2]

/** How much of the best throughput is as good as the best. */
const AS_GOOD = 0.99 // less than two runs of one limit differ by

/** The best limit for each number of servers. @param trial How long each is tried, in milliseconds. */
export async function fixedLimits(
  phases: readonly Phase[],
  trial: number,
): Promise<ReadonlyMap<number, FixedLimit>> {
  const best = new Map<number, FixedLimit>()
  for (const { servers } of phases) {
    if (!best.has(servers)) best.set(servers, await bestFixedLimit(servers, trial))
  }
  return best
}

/** Of those with the best throughput the one with the lowest p99. */
async function bestFixedLimit(servers: number, duration: number): Promise<FixedLimit> {
  const tried: FixedLimit[] = []
  for (const limit of new Set(SHARES.map((share) => Math.round(servers * share)))) {
    const executor = new AsyncExecutor({ concurrency: limit })
    const run = await serviceRun(executor, [{ servers, duration }])
    tried.push(settledStretch(run, 0, duration))
  }
  const most = Math.max(...tried.map(({ throughput }) => throughput))
  return tried
    .filter(({ throughput }) => throughput >= most * AS_GOOD)
    .reduce((best, other) => (other.p99 < best.p99 ? other : best))
}
