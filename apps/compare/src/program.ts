/** The `threeply` program: arguments → command → exit code. */
import { readFileSync } from 'node:fs'
import { debuglog } from 'node:util'
import { Command, CommanderError } from 'commander'
import { compareCommand } from './commands/compare.ts'
import { describeFailure, EXIT_FAILED, UsageError } from './failure.ts'
import { watchForInterruption } from './interruption.ts'

const debug = debuglog('threeply')

/** @returns The exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  endQuietlyWhenNobodyReads(process.stdout)
  endQuietlyWhenNobodyReads(process.stderr)
  try {
    await program(watchForInterruption()).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0 // help or version was asked for
    if (error instanceof CommanderError && error.code === 'commander.help') return 2 // it is on stderr
    const { exitCode, line } = describeFailure(fromCommander(error))
    debug('%o', error)
    process.stderr.write(line)
    return exitCode
  }
}

function program(signal: AbortSignal): Command {
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  const threeply = new Command('threeply')
    .description('Threads, async threads, async: which way fits, measured on this machine.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // errors are told by whoever catches them
  threeply.helpCommand(false) // commander's own takes any name for a command
  for (const command of [compareCommand(signal).version(version), helpCommand(threeply)]) {
    threeply.addCommand(command.copyInheritedSettings(threeply))
  }
  return threeply
}

function helpCommand(threeply: Command): Command {
  return new Command('help')
    .description('Show how the program, or one command of it, is used.')
    .argument('[command]')
    .helpOption(false)
    .action((name: string | undefined) => {
      if (name === undefined) threeply.help()
      const command = threeply.commands.find((each) => each.name() === name)
      if (command === undefined) throw new UsageError(`unknown command '${name}'`)
      command.help()
    })
}

function fromCommander(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error
  const message = error.message
    .replace(/^error: /, '')
    .replace(
      /\n\((Did.*)\)$/s,
      (_, suggestion) => ` (${suggestion[0].toLowerCase()}${suggestion.slice(1)})`,
    )
  return new UsageError(message)
}

/** `compare | head` closes our output early; there is nobody left to tell. */
function endQuietlyWhenNobodyReads(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    if (stream !== process.stderr) {
      process.stderr.write(`threeply: cannot write to standard output: ${error.message}\n`)
    }
    process.exit(EXIT_FAILED)
  })
}
