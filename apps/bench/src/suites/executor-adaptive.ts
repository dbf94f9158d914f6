/** Limits that adapt, against a service in another process that loses two thirds of its servers. */
import { AsyncExecutor } from '@threeply/executor'
import { ALGORITHMS, FIRST_LIMIT } from '../adaptive/algorithms.ts'
import { fixedLimits } from '../measure/best-fixed-limit.ts'
import {
  type Phase,
  SERVICE_TIME,
  type ServiceRun,
  serviceRun,
  settledStretch,
  timeToConverge,
} from '../measure/service-run.ts'
import type { Subject, Suite } from '../suite.ts'

const SERVERS = [24, 8]

/** How long each fixed limit is tried, in milliseconds. */
const TRIAL = 2_000

/** A figure of one phase, in milliseconds; that of a case is the mean over the phases. */
type Figure = (run: ServiceRun, from: number, to: number) => number

const timePerRequest: Figure = (run, from, to) => 1_000 / settledStretch(run, from, to).throughput
const p99: Figure = (run, from, to) => settledStretch(run, from, to).p99

export const suite: Suite = {
  title:
    'adaptive limits from 10 on, a service of 24 servers and then of 8 (pnpm adaptive draws it)',
  unit: 'ms',
  cases: [
    { name: 'time per request', items: 6_000, subjects: subjects(timePerRequest) },
    { name: 'p99', items: 6_000, subjects: subjects(p99) },
    { name: 'time to converge', items: 6_000, subjects: adaptiveOnes(timeToConverge) },
  ],
}

function subjects(figure: Figure): Subject[] {
  return [
    ...adaptiveOnes(figure),
    {
      name: 'best fixed limit of each',
      role: 'by hand',
      async measure(requests) {
        const phases = phasesOf(requests)
        const best = await fixedLimits(phases, TRIAL)
        const executor = new AsyncExecutor({ concurrency: best.get(SERVERS[0]!)!.limit })
        const run = await serviceRun(executor, phases, ({ servers }) => {
          executor.concurrency = best.get(servers)!.limit
        })
        return meanOf(figure, run, phases)
      },
    },
  ]
}

function adaptiveOnes(figure: Figure): Subject[] {
  return ALGORITHMS.map(({ name, make }) => ({
    name,
    role: 'ours',
    async measure(requests) {
      const phases = phasesOf(requests)
      const executor = new AsyncExecutor({ concurrency: FIRST_LIMIT, adaptive: make() })
      return meanOf(figure, await serviceRun(executor, phases), phases)
    },
  }))
}

/** Phases of the same length, in which all servers together can serve so many requests. */
function phasesOf(requests: number): Phase[] {
  const servers = SERVERS.reduce((sum, each) => sum + each, 0)
  const duration = (requests * SERVICE_TIME) / servers
  return SERVERS.map((each) => ({ servers: each, duration }))
}

function meanOf(figure: Figure, run: ServiceRun, phases: readonly Phase[]): number {
  const sum = phases.reduce((total, { duration }, index) => {
    return total + figure(run, index * duration, (index + 1) * duration)
  }, 0)
  return sum / phases.length
}
