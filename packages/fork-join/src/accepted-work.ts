/**
 * Counts the calls that were accepted and have not settled. While there are any, they keep the
 * process alive, but for those that only wait for a reader; the threads themselves never do.
 */
import { clearInterval, setInterval } from 'node:timers'
import { outsideOfCalls } from './outside-of-calls.ts'

const FOR_EVER = 2 ** 31 - 1

export class AcceptedWork {
  #count = 0
  #stalled = 0
  #keepAlive: NodeJS.Timeout | undefined
  #whenNone: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  add(): void {
    this.#count += 1
    if (this.#count === this.#stalled + 1) this.#hold()
  }

  done(): void {
    this.#count -= 1
    if (this.#count === this.#stalled) this.#keepAlive?.unref()
    if (this.#count > 0) return
    for (const resolve of this.#whenNone.splice(0)) resolve()
  }

  /** One of them goes on only when its reader does. */
  stalled(): void {
    this.#stalled += 1
    if (this.#count === this.#stalled) this.#keepAlive?.unref()
  }

  /** Its reader did, or it is about to end. */
  resumed(): void {
    this.#stalled -= 1
    if (this.#count === this.#stalled + 1) this.#hold()
  }

  /** For a pool that accepts nothing more. */
  end(): void {
    clearInterval(this.#keepAlive)
  }

  /** Fulfils when there is none, at once if there is none now. */
  async none(): Promise<void> {
    while (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#whenNone.push(resolve)
      })
    }
  }

  #hold(): void {
    this.#keepAlive ??= outsideOfCalls(() => setInterval(() => {}, FOR_EVER))
    this.#keepAlive.ref()
  }
}
