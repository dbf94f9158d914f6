/** How late the event loop of this thread is: what a timer measures that is due all the time. */
import type { Histogram } from '../recorders/histogram.ts'
import type { MetricsRegistry } from '../registry.ts'
import { slotLabels } from './thread-resources.ts'

/** How often the loop is asked, in milliseconds; a blocked loop is seen whenever it answers. */
const RESOLUTION = 20

/**
 * A timer of our own instead of `monitorEventLoopDelay`, whose histogram can be read but not added
 * to one in shared memory, and which counts the waiting itself as delay.
 */
export class EventLoopDelay {
  readonly #delay: Histogram
  readonly #timer: NodeJS.Timeout
  #due: number

  constructor(registry: MetricsRegistry) {
    this.#delay = registry.histogram('threeply_event_loop_delay_seconds', {
      help: 'How late a timer fired that was due while the thread observed itself.',
      unit: 'seconds',
      labels: slotLabels(registry),
    })
    this.#due = performance.now() + RESOLUTION
    this.#timer = setTimeout(() => this.#fired(), RESOLUTION).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #fired(): void {
    const now = performance.now()
    // Timers count whole milliseconds from when the loop last looked at the clock: some are early.
    this.#delay.record(Math.max(0, now - this.#due) / 1e3)
    this.#due = now + RESOLUTION
    this.#timer.refresh()
  }
}
