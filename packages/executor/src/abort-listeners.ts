/** One listener for each signal, whatever the number of calls that it can abort. */

/** A call that a signal can abort. */
export interface Abortable {
  abort(reason: unknown): void
}

interface Listener {
  readonly calls: Set<Abortable>
  readonly onAbort: () => void
}

export class AbortListeners {
  readonly #listeners = new Map<AbortSignal, Listener>()

  /** `signal` aborts `call` until it is removed. */
  add(signal: AbortSignal, call: Abortable): void {
    let listener = this.#listeners.get(signal)
    if (listener === undefined) {
      listener = this.#listen(signal)
      this.#listeners.set(signal, listener)
    }
    listener.calls.add(call)
  }

  /** The signal is left alone as soon as it has no calls to abort. */
  remove(signal: AbortSignal, call: Abortable): void {
    const listener = this.#listeners.get(signal)
    if (listener === undefined || !listener.calls.delete(call) || listener.calls.size > 0) return
    this.#listeners.delete(signal)
    signal.removeEventListener('abort', listener.onAbort)
  }

  #listen(signal: AbortSignal): Listener {
    const calls = new Set<Abortable>()
    const onAbort = () => {
      this.#listeners.delete(signal)
      for (const call of calls) call.abort(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return { calls, onAbort }
  }
}
