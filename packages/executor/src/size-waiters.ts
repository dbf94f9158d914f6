/** Those who wait until few enough calls wait. */

interface Waiter {
  readonly size: number
  readonly resolve: () => void
}

export class SizeWaiters {
  #waiters: Waiter[] = []

  /** Fulfilled as soon as it is told of less than `size`; at once if it is so now. */
  below(size: number, current: number): Promise<void> {
    if (current < size) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ size, resolve }))
  }

  tell(current: number): void {
    if (this.#waiters.length === 0) return
    const kept: Waiter[] = []
    for (const waiter of this.#waiters) {
      if (current < waiter.size) waiter.resolve()
      else kept.push(waiter)
    }
    this.#waiters = kept
  }
}
