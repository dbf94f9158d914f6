/** What ends the bench early: an exit code and one line for stderr. */
import { constants } from 'node:os'

/** A failure that is told in one line, without a stack. */
export class BenchError extends Error {
  override name = 'BenchError'
  readonly exitCode: number

  private constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }

  /** The command line asks for what cannot be: exit code 2. */
  static usage(message: string): BenchError {
    return new BenchError(2, message)
  }

  /** A subject failed, or gave a wrong result, or a file cannot be written: exit code 1. */
  static failed(message: string): BenchError {
    return new BenchError(1, message)
  }

  /** Whoever read the output has gone, content: exit code 0. */
  static unread(): BenchError {
    return new BenchError(0, 'nobody reads the output')
  }

  /** Ctrl-C and its like: 128 and the signal's number, as shells have it. */
  static interrupted(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): BenchError {
    return new BenchError(128 + constants.signals[signal], `interrupted by ${signal}`)
  }
}

/** A subject did its work, and what came out is wrong: nothing that it measured counts. */
export class WrongResultError extends Error {
  override name = 'WrongResultError'
}
