/** How many retries there may be in proportion to calls, so that they do not bury a service that is down. */

/** Retries that may be made before any call has earned one, and those that may be saved up. */
const AT_FIRST = 10
const AT_MOST = 100

export class RetryBudget {
  readonly #share: number
  #retries = AT_FIRST

  /** @param share How many retries each call earns. */
  constructor(share: number) {
    this.#share = share
  }

  /** A call has been made. */
  earn(): void {
    this.#retries = Math.min(AT_MOST, this.#retries + this.#share)
  }

  /** Whether a retry may be made; if so, it is. */
  spend(): boolean {
    if (this.#retries < 1) return false
    this.#retries -= 1
    return true
  }
}
