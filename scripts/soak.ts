/**
 * `pnpm soak <package> --minutes <n> [--seed <s>]`: runs what the package exports as `soak` from
 * `test/soak.ts`, prints how much was done, and fails at the first thing that is wrong.
 */
import { existsSync, readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'

interface SoakModule {
  soak(options: {
    seed: number
    until: number
    onRound?: (figures: Record<string, number>) => void
  }): Promise<Record<string, number>>
}

const MINUTE = 60_000 // milliseconds
const PROGRESS = 10_000

const packages = new URL('../packages/', import.meta.url)
const known = readdirSync(packages).filter((name) => existsSync(soakFile(name)))

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
})
const [name = ''] = positionals
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)

if (positionals.length !== 1 || !known.includes(name)) {
  usage(`which package? ${known.join(', ')}`)
} else if (!(minutes > 0 && Number.isFinite(minutes)) || !Number.isSafeInteger(seed)) {
  usage('--minutes takes a number above 0, and --seed a whole number')
} else {
  await run()
}

async function run(): Promise<void> {
  const { soak }: SoakModule = await import(soakFile(name).href)
  console.log(`soak ${name}: ${minutes} min, --seed ${seed}, Node ${process.versions.node}`)
  const start = performance.now()
  let shownAt = start
  const onRound = (figures: Record<string, number>) => {
    if (performance.now() < shownAt + PROGRESS) return
    shownAt = performance.now()
    console.log(JSON.stringify({ ...figures, rssBytes: process.memoryUsage.rss() }))
  }
  try {
    const figures = await soak({ seed, until: start + minutes * MINUTE, onRound })
    console.log(JSON.stringify({ ...figures, rssBytes: process.memoryUsage.rss() }))
  } catch (error) {
    console.error(`soak: again with --seed ${seed}:`, error)
    process.exitCode = 1
  }
}

function soakFile(of: string): URL {
  return new URL(`${of}/test/soak.ts`, packages)
}

function usage(message: string): void {
  console.error(`soak: ${message}`)
  process.exitCode = 2
}
