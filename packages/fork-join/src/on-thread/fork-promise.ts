/** What a fork gives the task: a promise that knows whether anybody has looked at it. */

export class ForkPromise extends Promise<unknown> {
  /** Whether what it rejects with is somebody else's to handle. */
  isObserved = false

  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  // `await` and all of the combinators come through here, as this is a class of its own.
  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isObserved = true
    return super.then(onFulfilled, onRejected)
  }

  /** Keeps it from being an unhandled rejection, without observing it. */
  hush(): void {
    super.then(undefined, () => {})
  }
}

/** The promise of a fork that there is no task for. */
export function refusedFork(error: Error): ForkPromise {
  const promise = new ForkPromise((_, reject) => reject(error))
  promise.hush()
  return promise
}
