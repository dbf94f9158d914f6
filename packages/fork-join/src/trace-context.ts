/**
 * The trace that a task belongs to, where OpenTelemetry is in the process. Its API registers what the
 * program has set up in one place of the global object, by which its copies find one another; so it
 * need be neither loaded nor installed here, and looking there is all that it costs when it is not.
 * Both sides need a context manager and a propagator: a thread registers its own, in `setup` or by
 * `--import`.
 */

/** What the propagator has written, such as `traceparent`. */
export type TraceCarrier = Readonly<Record<string, string>>

/** As of `@opentelemetry/api` 1.x. */
interface Registered {
  readonly context?: {
    active(): unknown
    with<Output>(context: unknown, call: () => Output): Output
  }
  readonly propagation?: {
    inject(context: unknown, carrier: Record<string, string>, setter: typeof SETTER): void
    extract(context: unknown, carrier: TraceCarrier, getter: typeof GETTER): unknown
  }
}

const REGISTRY = Symbol.for('opentelemetry.js.api.1')

const SETTER = {
  set(carrier: Record<string, string>, key: string, value: string): void {
    carrier[key] = value
  },
}

const GETTER = {
  get: (carrier: TraceCarrier, key: string): string | undefined => carrier[key],
  keys: (carrier: TraceCarrier): string[] => Object.keys(carrier),
}

/** That of the code that runs now, if it has one. */
export function currentTrace(): TraceCarrier | undefined {
  const registered = registry()
  if (registered?.context === undefined || registered.propagation === undefined) return undefined
  const carrier: Record<string, string> = {}
  registered.propagation.inject(registered.context.active(), carrier, SETTER)
  for (const _key in carrier) return carrier
  return undefined
}

/** Runs `call`, and what it awaits, as part of that trace. */
export function runInTrace<Output>(trace: TraceCarrier, call: () => Output): Output {
  const registered = registry()
  if (registered?.context === undefined || registered.propagation === undefined) return call()
  const context = registered.propagation.extract(registered.context.active(), trace, GETTER)
  return registered.context.with(context, call)
}

export function isSameTrace(a: TraceCarrier | undefined, b: TraceCarrier | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

function registry(): Registered | undefined {
  return (globalThis as { [REGISTRY]?: Registered })[REGISTRY]
}
