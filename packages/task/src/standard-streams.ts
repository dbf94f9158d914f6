/** What a thread has written to its standard output and error, on its way to the parent. */
import { finished, Writable } from 'node:stream'
import { clearTimeout, setTimeout } from 'node:timers'

/**
 * Milliseconds that the parent has to take something, which it never does when its own output is
 * broken; while it is busy for long, it takes no answers either.
 */
const LONGEST_WAIT_MS = 5_000

/**
 * A thread sends one piece of its output at a time, the next when the parent has taken the last. What
 * has not left when the process ends, or the thread is terminated, is lost.
 */
export class StandardStreams {
  readonly #stdout = process.stdout
  readonly #stderr = process.stderr
  readonly #longestWait: number
  /** Whether it was waited for in vain. */
  #isStuck = false

  constructor(longestWait: number = LONGEST_WAIT_MS) {
    this.#longestWait = longestWait
  }

  /** Whether there is something to wait for. */
  get isWriting(): boolean {
    if (this.#stdout.writableLength === 0 && this.#stderr.writableLength === 0) return false
    return !this.#isStuck
  }

  /** Fulfils when all of it has left the thread, or as much as the parent takes. */
  async written(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const isLate = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, this.#longestWait, true)
    })
    const isWritten = Promise.all([written(this.#stdout), written(this.#stderr)]).then(() => false)
    this.#isStuck = await Promise.race([isWritten, isLate])
    clearTimeout(timer)
    if (this.#isStuck) {
      void isWritten.then(() => {
        this.#isStuck = false
      })
    }
  }
}

async function written(stream: NodeJS.WriteStream): Promise<void> {
  const { writableLength, writableCorked, writableEnded, destroyed } = stream
  if (writableLength === 0 || writableCorked > 0 || destroyed) return
  await new Promise<void>((resolve) => {
    if (writableEnded) finished(stream, () => resolve())
    else Writable.prototype.write.call(stream, '', 'utf8', () => resolve()) // its own may be a stub
  })
}
