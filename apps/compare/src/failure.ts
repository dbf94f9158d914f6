/** How the program ends when it does not succeed: an exit code and one line on stderr. */

export const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** The command line asks for what cannot be: an unknown claim, a value that cannot be right. */
export class UsageError extends Error {
  readonly exitCode = EXIT_USAGE
}

/** What was asked for makes sense and failed: an unreachable service, an unwritable file. */
export class Failure extends Error {
  readonly exitCode = EXIT_FAILED
}

/** The exit code and the line for whatever was thrown. */
export function describeFailure(error: unknown): {
  readonly exitCode: number
  readonly line: string
} {
  const message = error instanceof Error ? error.message : String(error)
  const exitCode =
    error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number'
      ? error.exitCode
      : EXIT_FAILED
  return { exitCode, line: `threeply: ${oneLine(message)}\n` }
}

/** The text in one line, control characters, which could move the cursor, shown and not sent. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
