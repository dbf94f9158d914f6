/** `pnpm bench`: arguments → suites → rounds → report → exit code. */
import { type BenchOptions, parseCommandLine } from './command-line.ts'
import { BenchError } from './failure.ts'
import { openOutputFile } from './output-file.ts'
import { progressOn } from './progress.ts'
import { benchReport, type SuiteReport } from './report.ts'
import { runSuite } from './run-suites.ts'
import { selectFrom } from './selection.ts'
import { loadSuites, type NamedSuite } from './suite-folder.ts'
import { lossesOf, suiteTable, UNCLEAR } from './table.ts'

const QUICK_SHARE = 0.1

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const signal = earlyEnd()
  try {
    const options = parseCommandLine(args)
    if (!options) return 0
    const suites = selectFrom(await loadSuites(options.folder, options.suites), options)
    if (options.list) process.stdout.write(listOf(suites))
    else await bench(suites, options, signal)
    return 0
  } catch (error) {
    if (!(error instanceof BenchError)) throw error // a defect of the bench: its stack is of use
    if (error.exitCode !== 0) process.stderr.write(`bench: ${error.message}\n`)
    return error.exitCode
  }
}

async function bench(
  suites: readonly NamedSuite[],
  options: BenchOptions,
  signal: AbortSignal,
): Promise<void> {
  const output = options.json === undefined ? undefined : await openOutputFile(options.json)
  const progress = progressOn(process.stderr)
  const reports: SuiteReport[] = []
  try {
    for (const suite of suites) {
      const report = await runSuite(suite, {
        folder: options.folder,
        rounds: options.rounds,
        items: ({ items }) =>
          options.items ?? (options.quick ? Math.ceil(items * QUICK_SHARE) : items),
        signal,
        progress: progress.show,
      })
      reports.push(report)
      progress.clear()
      process.stdout.write(`${suiteTable(suite, report)}\n\n`)
    }
    process.stdout.write(`${lossesOf(suites, reports)}\n${UNCLEAR}\n`)
    await output?.write(`${JSON.stringify(benchReport(reports), undefined, 2)}\n`)
  } catch (error) {
    progress.clear()
    await output?.discard()
    throw error
  }
}

function listOf(suites: readonly NamedSuite[]): string {
  return suites
    .map(({ name, title, unit, cases }) => {
      const lines = cases.map(
        (one) => `  ${one.name}: ${one.subjects.map((subject) => subject.name).join(' | ')}`,
      )
      return [`${name}: ${title} (${unit})`, ...lines, ''].join('\n')
    })
    .join('\n')
}

/** Aborted by Ctrl-C and its like, and when nobody reads any more, as after `bench | head`. */
function earlyEnd(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => controller.abort(BenchError.interrupted(signal)))
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    controller.abort(BenchError.unread())
  })
  return controller.signal
}
