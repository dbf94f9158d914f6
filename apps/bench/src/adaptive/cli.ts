/**
 * `pnpm adaptive`: limits that adapt against a loopback service that loses two thirds of its servers
 * and gets them back, beside the best fixed limit of each phase; prints a table, and draws the curves.
 * Arguments: the file for the picture, and how many rounds.
 */
import { writeFile } from 'node:fs/promises'
import { AsyncExecutor } from '@threeply/executor'
import Table from 'cli-table3'
import { median } from 'simple-statistics'
import { type FixedLimit, fixedLimits } from '../measure/best-fixed-limit.ts'
import {
  type Phase,
  type ServiceRun,
  serviceRun,
  settledStretch,
  timeToConverge,
} from '../measure/service-run.ts'
import { ALGORITHMS, FIRST_LIMIT } from './algorithms.ts'
import { picture } from './picture.ts'

const PHASES: readonly Phase[] = [24, 8, 24].map((servers) => ({ servers, duration: 10_000 }))

/** How long each fixed limit is tried. */
const TRIAL = 5_000

/** The runs of one algorithm, or of the best fixed limits, one a round. */
interface Contestant {
  readonly name: string
  readonly runs: ServiceRun[]
  run(): Promise<ServiceRun>
}

const [file = 'adaptive.svg', rounds = '3'] = process.argv.slice(2)
const fixed = await fixedLimits(PHASES, TRIAL)
const best: Contestant = { name: 'best fixed limit', runs: [], run: () => runFixed(fixed) }
const adaptive = ALGORITHMS.map(({ name, make }): Contestant => {
  const run = () => {
    const executor = new AsyncExecutor({ concurrency: FIRST_LIMIT, adaptive: make() })
    return serviceRun(executor, PHASES)
  }
  return { name, runs: [], run }
})
for (let round = 0; round < Number(rounds); round += 1) {
  for (const contestant of [best, ...adaptive]) contestant.runs.push(await contestant.run())
}
process.stdout.write(
  `${tableOf()}\nMedians of ${rounds} rounds, over the second half of each phase.\n`,
)
await writeFile(
  file,
  await picture(
    [...adaptive, best].map(({ name, runs }) => ({ name, run: runs[0]! })),
    PHASES.reduce((sum, { duration }) => sum + duration, 0),
  ),
)

function runFixed(limits: ReadonlyMap<number, FixedLimit>): Promise<ServiceRun> {
  const executor = new AsyncExecutor({ concurrency: limits.get(PHASES[0]!.servers)!.limit })
  return serviceRun(executor, PHASES, ({ servers }) => {
    executor.concurrency = limits.get(servers)!.limit
  })
}

function tableOf(): string {
  const table = new Table({
    head: ['', 'servers', 'limit', 'converged', 'a second', 'of the best', 'p99', 'of the best'],
    style: { head: [], border: [] },
  })
  let from = 0
  for (const { servers, duration } of PHASES) {
    const to = from + duration
    for (const { name, runs } of [best, ...adaptive]) {
      const stretches = runs.map((run) => settledStretch(run, from, to))
      const ratios = (figure: 'throughput' | 'p99') =>
        median(
          stretches.map((stretch, round) => {
            return stretch[figure] / settledStretch(best.runs[round]!, from, to)[figure]
          }),
        )
      table.push([
        name,
        servers,
        median(stretches.map(({ limit }) => limit)),
        `${Math.round(median(runs.map((run) => timeToConverge(run, from, to))))} ms`,
        Math.round(median(stretches.map(({ throughput }) => throughput))),
        `${(ratios('throughput') * 100).toFixed(1)} %`,
        `${median(stretches.map(({ p99 }) => p99)).toFixed(0)} ms`,
        `${ratios('p99').toFixed(2)}×`,
      ])
    }
    from = to
  }
  return table.toString()
}
