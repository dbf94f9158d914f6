/** What a thread has written to its standard output and error, on its way to the parent. */
import { clearTimeout, setTimeout } from 'node:timers'

/** Milliseconds that the parent has to take something, which it never does when its own output is broken. */
const LONGEST_WAIT_MS = 1_000

/**
 * A thread sends one piece of its output at a time, the next when the parent has taken the last. What
 * has not left when the process ends, or the thread is terminated, is lost.
 */
export class StandardStreams {
  readonly #stdout = process.stdout
  readonly #stderr = process.stderr
  /** Whether it was waited for in vain. */
  #isStuck = false

  /** Whether there is something to wait for. */
  get isWriting(): boolean {
    if (this.#stdout.writableLength === 0 && this.#stderr.writableLength === 0) return false
    return !this.#isStuck
  }

  /** Fulfils when all of it has left the thread, or as much as the parent takes. */
  async written(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const isLate = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WAIT_MS, true)
    })
    const isWritten = Promise.all([written(this.#stdout), written(this.#stderr)]).then(() => false)
    this.#isStuck = await Promise.race([isWritten, isLate])
    clearTimeout(timer)
    if (this.#isStuck)
      void isWritten.then(() => {
        this.#isStuck = false
      })
  }
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}
