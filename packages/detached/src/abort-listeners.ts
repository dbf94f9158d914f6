/**
 * One listener per signal, however many threads it stops: from the eleventh on, Node 20 and 22 warn
 * of a leak.
 */

interface Listening {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const signals = new WeakMap<AbortSignal, Listening>()

/**
 * Calls `callback` when `signal` is aborted.
 * @returns To be called when that is no longer wanted.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, listener } = listeningTo(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    if (callbacks.size > 0) return
    signal.removeEventListener('abort', listener)
    signals.delete(signal)
  }
}

function listeningTo(signal: AbortSignal): Listening {
  const known = signals.get(signal)
  if (known !== undefined) return known
  const callbacks = new Set<() => void>()
  const listener = () => {
    for (const callback of callbacks) callback()
  }
  signal.addEventListener('abort', listener, { once: true })
  const listening = { callbacks, listener }
  signals.set(signal, listening)
  return listening
}
