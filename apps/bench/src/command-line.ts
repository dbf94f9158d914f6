/** The command line: arguments → what is to be done. */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { BenchError } from './failure.ts'
import type { Selection } from './selection.ts'
import { OWN_SUITES } from './suite-folder.ts'

export interface BenchOptions extends Selection {
  /** None means all. */
  readonly suites: readonly string[]
  readonly rounds: number
  /** In place of what the cases say. */
  readonly items: number | undefined
  readonly quick: boolean
  readonly json: string | undefined
  /** Lists and measures nothing. */
  readonly list: boolean
  /** Where the suites are. */
  readonly folder: string
}

const DEFAULT_ROUNDS = 5 // the fewest with which the sign test can see a difference
const QUICK_ROUNDS = 3

const EXAMPLES = `
Examples:
  $ pnpm bench --list
  $ pnpm bench                                    all suites; the better part of an hour
  $ pnpm bench executor metrics --rounds 11
  $ pnpm bench fork-join --case map --json map.json
  $ pnpm bench executor --subject threeply --subject p-map --quick

Exit codes: 0; 1 a subject failed or gave a wrong result, or a file cannot be written; 2 usage.`

/**
 * @returns What is to be done, or nothing when help was asked for and has been given.
 * @throws {BenchError} exit code 2
 */
export function parseCommandLine(args: readonly string[]): BenchOptions | undefined {
  const command = benchCommand()
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw BenchError.usage(oneLine(error.message))
  }
  const parsed: Parsed = command.opts()
  const { quick = false, list = false, suites: folder = OWN_SUITES } = parsed
  return {
    suites: command.args,
    folder,
    quick,
    list,
    cases: parsed.case ?? [],
    subjects: parsed.subject ?? [],
    rounds: parsed.rounds ?? (quick ? QUICK_ROUNDS : DEFAULT_ROUNDS),
    items: parsed.items,
    json: parsed.json,
  }
}

/** What commander makes of the options below, by their names. */
interface Parsed {
  readonly rounds?: number
  readonly json?: string
  readonly case?: string[]
  readonly subject?: string[]
  readonly items?: number
  readonly quick?: boolean
  readonly list?: boolean
  readonly suites?: string
}

function benchCommand(): Command {
  return new Command('bench')
    .description('Measures Threeply beside its peers and beside what one would write by hand.')
    .argument('[suite...]', 'which suites (default: all)')
    .option('--rounds <n>', `rounds of each case (default: ${DEFAULT_ROUNDS})`, wholeNumber)
    .option('--json <file>', 'write all figures to a file')
    .option('--case <name>', 'only the cases of that name; may be repeated', collect)
    .option('--subject <name>', 'only subjects of that name; may be repeated', collect)
    .option(
      '--items <n>',
      'tasks or values that a figure rests on (default: the case says)',
      wholeNumber,
    )
    .option(
      '--quick',
      `a tenth of the items, ${QUICK_ROUNDS} rounds: for a look, not for a claim`,
      false,
    )
    .option('--list', 'list suites, cases and subjects, and measure nothing')
    .option('--suites <folder>', 'a folder of suites of your own')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // whoever catches the error tells it
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It takes a whole number from 1 up.')
}

function collect(name: string, names: readonly string[] = []): string[] {
  return [...names, name]
}

function oneLine(message: string): string {
  return message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
}
