/** `pnpm soak`: runs what a package exports as `soak` from `test/soak.ts`; see `HELP`. */
import { existsSync, readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'

interface SoakModule {
  soak(options: {
    seed: number
    until: number
    seeds?: number | undefined
    onRound?: (figures: Record<string, number>) => void
  }): Promise<Record<string, number>>
}

const MINUTE = 60_000 // milliseconds
const PROGRESS = 10_000

const packages = new URL('../packages/', import.meta.url)
const known = readdirSync(packages).filter((name) => existsSync(soakFile(name)))

const HELP = `pnpm soak <package> [--minutes <n>] [--seeds <k>] [--seed <s>]

Does anything at random, beside a model of what must come of it, and ends with exit code 1 at the
first thing that is wrong. Packages: ${known.join(', ')}.

  --minutes <n>  how long; 1 unless given, 60 with --seeds
  --seeds <k>    ends after so many seeds, where the package counts them
  --seed <s>     the first; any unless given, and printed, to do it again

  pnpm soak executor --minutes 10
  pnpm soak fork-join --seeds 20 --seed 1800`

const { positionals, values } = readArguments()
const [name = ''] = positionals
const seeds = values.seeds === undefined ? undefined : Number(values.seeds)
const minutes = Number(values.minutes ?? (seeds === undefined ? 1 : 60))
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)

if (values.help === true) {
  console.log(HELP)
} else if (positionals.length !== 1 || !known.includes(name)) {
  usage(`which package? ${known.join(', ')}`)
} else if (!(minutes > 0) || !Number.isSafeInteger(seed) || !Number.isSafeInteger(seeds ?? 1)) {
  usage('--minutes takes a number above 0, --seed and --seeds whole numbers')
} else {
  await run()
}

async function run(): Promise<void> {
  const { soak }: SoakModule = await import(soakFile(name).href)
  console.log(
    `soak ${name}: ${values.seeds ?? minutes} ${values.seeds === undefined ? 'min' : 'seeds'}, --seed ${seed}, Node ${process.versions.node}`,
  )
  const start = performance.now()
  let shownAt = start
  const onRound = (figures: Record<string, number>) => {
    if (performance.now() < shownAt + PROGRESS) return
    shownAt = performance.now()
    console.error(JSON.stringify({ ...figures, rssBytes: process.memoryUsage.rss() }))
  }
  try {
    const figures = await soak({ seed, seeds, until: start + minutes * MINUTE, onRound })
    console.log(JSON.stringify({ ...figures, rssBytes: process.memoryUsage.rss() }))
  } catch (error) {
    console.error(`soak: again with --seed ${seed}:`, error)
    process.exitCode = 1
  }
}

function readArguments() {
  const options = {
    help: { type: 'boolean', short: 'h' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string' },
  } as const
  try {
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    usage((error as Error).message.split('. ', 1)[0]!)
    process.exit()
  }
}

function soakFile(of: string): URL {
  return new URL(`${of}/test/soak.ts`, packages)
}

function usage(message: string): void {
  console.error(`soak: ${message}; see --help`)
  process.exitCode = 2
}
