/** A promise that is settled from outside. `Promise.withResolvers` is not on Node 20. */

export class Deferred<Value> {
  readonly promise: Promise<Value>
  #resolve!: (value: Value) => void
  #reject!: (reason: unknown) => void

  /** Nobody need look at the promise: that it rejects is no unhandled rejection. */
  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.promise.catch(() => {})
  }

  resolve(value: Value): void {
    this.#resolve(value)
  }

  reject(reason: unknown): void {
    this.#reject(reason)
  }
}
