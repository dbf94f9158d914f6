/** What the process and its threads use, recorded beside what they do. */
import { checkOptionNames, InvalidOptionError, invalidOption } from '../invalid-option-error.ts'
import type { MetricsRegistry } from '../registry.ts'
import { EventLoopDelay } from './event-loop-delay.ts'
import { ProcessResources } from './process-resources.ts'
import { ThreadResources } from './thread-resources.ts'

/** Options of {@link observeResources}. */
export interface ObserveResourcesOptions {
  /** How often to look, in milliseconds. @default 1,000 */
  readonly interval?: number | undefined
}

/** What {@link observeResources} returns. */
export interface ResourceObserver {
  /** Looks once more, and then no longer. The second time nothing happens. */
  stop(): void
  [Symbol.dispose](): void
}

interface Resources {
  look(): void
}

const DEFAULT_INTERVAL = 1_000

/** The longest delay that Node's timers take; a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

const observed = new WeakSet<MetricsRegistry>()

/**
 * Records what this thread uses: CPU, heap, event-loop delay and utilisation, under its `slot`. On
 * the thread that made the registry also what the process uses: CPU, resident memory, threads of
 * the operating system, context switches. To see every thread, call it in each. What the system or
 * this version of Node does not tell is absent. Counts start when observing does. It looks at once,
 * then every `interval`, and does not keep the process alive.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad option, or the registry is being
 * observed already and would count twice.
 * @example using observer = observeResources(registry, { interval: 500 })
 */
export function observeResources(
  registry: MetricsRegistry,
  options: ObserveResourcesOptions = {},
): ResourceObserver {
  checkOptionNames('observeResources', options, ['interval'])
  const { interval = DEFAULT_INTERVAL } = options
  if (typeof interval !== 'number' || !(interval >= 1 && interval <= LONGEST_TIMER)) {
    const takes = `milliseconds, from 1 to ${LONGEST_TIMER}`
    throw invalidOption('observeResources', 'interval', interval, takes)
  }
  if (observed.has(registry)) {
    throw new InvalidOptionError(
      'registry',
      'this registry is being observed already, and would count twice. Stop the other observer first.',
    )
  }
  observed.add(registry)
  return startObserving(registry, interval)
}

function startObserving(registry: MetricsRegistry, interval: number): ResourceObserver {
  const resources: Resources[] = [new ThreadResources(registry, interval)]
  if (registry.slot === 0) resources.push(new ProcessResources(registry))
  const delay = new EventLoopDelay(registry)
  const look = (): void => {
    for (const one of resources) one.look()
  }
  look()
  const timer = setInterval(look, interval).unref()
  const stop = (): void => {
    if (!observed.delete(registry)) return
    clearInterval(timer)
    delay.stop()
    look()
  }
  return { stop, [Symbol.dispose]: stop }
}
