/**
 * Counts the calls that were accepted and have not settled. While there are any, they keep the
 * process alive; the threads themselves never do.
 */

const FOR_EVER = 2 ** 31 - 1

export class AcceptedWork {
  #count = 0
  #keepAlive: NodeJS.Timeout | undefined
  #whenNone: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  add(): void {
    this.#count += 1
    if (this.#count > 1) return
    this.#keepAlive ??= setInterval(() => {}, FOR_EVER)
    this.#keepAlive.ref()
  }

  done(): void {
    this.#count -= 1
    if (this.#count > 0) return
    this.#keepAlive?.unref()
    for (const resolve of this.#whenNone.splice(0)) resolve()
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
}
