/** `threeply compare`: puts the claims to the test, one after the other, and shows what was found. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { styleText } from 'node:util'
import { Command } from 'commander'
import { type Claim, claims } from '../claims/index.ts'
import { Failure, UsageError } from '../failure.ts'
import type { CompareOptions } from '../measure/bench.ts'
import { describeMachine } from '../measure/machine.ts'
import { openOutputFile } from '../output-file.ts'
import type { ClaimReport, Report } from '../report.ts'
import { type ExperimentRun, runExperiment } from '../run/experiment-process.ts'
import { renderJson } from '../views/json.ts'
import { startProgress } from '../views/progress-line.ts'
import { renderTerminal } from '../views/terminal.ts'
import { renderWarnings } from '../views/warnings.ts'
import { checkedOptions, chosenClaims, type TypedOptions } from './compare-options.ts'
import { probeService } from './service-probe.ts'

const EXAMPLES = `
Examples:
  $ threeply compare                        all nine claims, about a minute
  $ threeply compare --quick                the same in a quarter of it, less exactly
  $ threeply compare --claim 6 7            CPU and IO alone (also: --claim 6,7)
  $ threeply compare --json report.json     everything that was measured, as a file
  $ threeply compare --json - | jq .claims  and as a stream, in place of the table
  $ threeply compare --input ~/notes        on your own text files
  $ threeply compare --url http://localhost:3000/health

Exit codes: 0 measured; 1 failed; 2 wrong usage; 130 after Ctrl-C, 143 after SIGTERM.
`

export function compareCommand(signal: AbortSignal): Command {
  return new Command('compare')
    .description('Put nine claims about threads and async to the test, on this machine.')
    .option('--claim <n...>', 'only these claims, 1 to 9')
    .option('--quick', 'in a quarter of the time, less exactly')
    .option(
      '--json <file>',
      "write everything that was measured as JSON ('-': to stdout, no table)",
    )
    .option('--threads <n>', 'worker threads of the threaded models (default: one per core)')
    .option('--rounds <n>', 'rounds of each comparison (default: what the claim needs)')
    .option('--seed <n>', 'what random numbers follow from (default: 1)')
    .option('--input <dir>', 'your own text files, in place of the bundled text')
    .option('--url <url>', 'your own service, in place of the one that the app starts')
    .addHelpText('after', EXAMPLES)
    .action((typed: TypedOptions) => compare(typed, signal))
}

async function compare(typed: TypedOptions, signal: AbortSignal): Promise<void> {
  const chosen = chosenClaims(typed.claim)
  const options = checkedOptions(typed)
  if (typed.json === '') throw new UsageError("--json is ''; it takes a file to write")
  const toStdout = typed.json === '-'
  const file = typed.json === undefined || toStdout ? undefined : openOutputFile(typed.json)
  try {
    if (options.url !== undefined) await probeService(options.url, signal)
    const report = await measure(chosen, options, signal)
    file?.commit(renderJson(report))
    process.stdout.write(toStdout ? renderJson(report) : table(report))
    process.stderr.write(renderWarnings(report))
  } finally {
    file?.discard()
  }
}

async function measure(
  chosen: readonly number[],
  options: CompareOptions,
  signal: AbortSignal,
): Promise<Report> {
  const machine = describeMachine()
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'threeply-'))
  const tidy = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  process.once('exit', tidy)
  const progress = startProgress(process.stderr, chosen.length)
  try {
    const reports: ClaimReport[] = []
    for (const claim of claims) {
      if (!chosen.includes(claim.id)) continue
      progress.claim(claim.id, claim.slug)
      const run = { machine, options, signal, scratch, onProgress: progress.step }
      reports.push(await findOut(claim, run))
    }
    return { machine, options, claims: reports }
  } finally {
    progress.clear()
    process.removeListener('exit', tidy)
    tidy()
  }
}

async function findOut({ id, slug }: Claim, run: ExperimentRun): Promise<ClaimReport> {
  try {
    return await runExperiment(id, run)
  } catch (cause) {
    run.signal.throwIfAborted()
    const { message } = cause as Error
    throw new Failure(`claim ${id} (${slug}) could not be measured: ${message}`, { cause })
  }
}

function table(report: Report): string {
  return renderTerminal(report, {
    columns: process.stdout.columns ?? 100,
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
  })
}
