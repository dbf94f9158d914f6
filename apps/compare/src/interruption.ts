/** Ctrl-C and its kin: the first one asks all to end, the second ends at once. */
import os from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Why everything ends early: the `reason` of the signal that is handed around. */
class Interrupted extends Error {
  /** 128 and the signal's number, as shells have it: 130 after Ctrl-C, 143 after SIGTERM. */
  readonly exitCode: number

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`)
    this.exitCode = 128 + os.constants.signals[signal]
  }
}

/** A signal that is aborted with {@link Interrupted} by the first Ctrl-C; the second one exits. */
export function watchForInterruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of SIGNALS) {
    process.on(name, () => {
      const interrupted = new Interrupted(name)
      if (controller.signal.aborted) process.exit(interrupted.exitCode)
      controller.abort(interrupted)
    })
  }
  return controller.signal
}
