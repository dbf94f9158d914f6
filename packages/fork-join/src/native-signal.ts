/** Signals of another realm or implementation, which `AbortSignal.any` does not take. */

const followers = new WeakMap<AbortSignal, AbortSignal>()

/** `signal` itself, or one of this realm that follows it, the same for all who ask. */
export function nativeSignal(signal: AbortSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal
  const known = followers.get(signal)
  if (known !== undefined) return known
  const foreign: AbortSignal = signal
  const controller = new AbortController()
  const follow = () => controller.abort(foreign.reason)
  if (foreign.aborted) follow()
  else foreign.addEventListener('abort', follow, { once: true })
  followers.set(foreign, controller.signal)
  return controller.signal
}
