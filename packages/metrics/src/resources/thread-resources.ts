/** What this thread uses. */
import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Gauge } from '../recorders/gauge.ts'
import type { MetricsRegistry } from '../registry.ts'
import { Cumulative } from './cumulative.ts'

const MICROSECONDS = 1e6
const MILLISECONDS = 1e3

export class ThreadResources {
  readonly #cpu: ThreadCpu | undefined
  readonly #loop: LoopUtilization
  readonly #heapUsed: Gauge
  readonly #heapTotal: Gauge

  constructor(registry: MetricsRegistry, interval: number) {
    const labels = slotLabels(registry)
    // Node 22.19, 23.9 and later; before that nobody knows a thread's CPU time.
    if (typeof process.threadCpuUsage === 'function') this.#cpu = new ThreadCpu(registry)
    this.#loop = new LoopUtilization(registry, interval)
    this.#heapUsed = registry.gauge('threeply_thread_heap_used_bytes', {
      help: 'JavaScript heap of the thread that is in use.',
      unit: 'bytes',
      labels,
    })
    this.#heapTotal = registry.gauge('threeply_thread_heap_total_bytes', {
      help: 'JavaScript heap of the thread.',
      unit: 'bytes',
      labels,
    })
  }

  look(): void {
    const { used_heap_size: used, total_heap_size: total } = getHeapStatistics()
    this.#heapUsed.set(used)
    this.#heapTotal.set(total)
    this.#cpu?.look()
    this.#loop.look()
  }
}

/** The place of the thread in the registry: few values, however many threads come and go. */
export function slotLabels(registry: MetricsRegistry): { readonly slot: string } {
  return { slot: String(registry.slot) }
}

class ThreadCpu {
  readonly #user: Cumulative
  readonly #system: Cumulative

  constructor(registry: MetricsRegistry) {
    const cpu = (mode: string) =>
      registry.counter('threeply_thread_cpu_seconds_total', {
        help: 'CPU time of the thread.',
        unit: 'seconds',
        labels: { ...slotLabels(registry), mode },
      })
    const { user, system } = process.threadCpuUsage()
    this.#user = new Cumulative(cpu('user'), user / MICROSECONDS)
    this.#system = new Cumulative(cpu('system'), system / MICROSECONDS)
  }

  look(): void {
    const { user, system } = process.threadCpuUsage()
    this.#user.follow(user / MICROSECONDS)
    this.#system.follow(system / MICROSECONDS)
  }
}

class LoopUtilization {
  readonly #registry: MetricsRegistry
  readonly #interval: number
  readonly #active: Cumulative
  readonly #idle: Cumulative
  #ratio: Gauge | undefined
  #last: EventLoopUtilization

  constructor(registry: MetricsRegistry, interval: number) {
    this.#registry = registry
    this.#interval = interval
    const time = (state: string) =>
      registry.counter('threeply_event_loop_seconds_total', {
        help: 'Time that the event loop of the thread was active, and idle.',
        unit: 'seconds',
        labels: { ...slotLabels(registry), state },
      })
    this.#last = performance.eventLoopUtilization()
    this.#active = new Cumulative(time('active'), this.#last.active / MILLISECONDS)
    this.#idle = new Cumulative(time('idle'), this.#last.idle / MILLISECONDS)
  }

  look(): void {
    const now = performance.eventLoopUtilization()
    const { utilization, active, idle } = performance.eventLoopUtilization(now, this.#last)
    this.#active.follow(now.active / MILLISECONDS)
    this.#idle.follow(now.idle / MILLISECONDS)
    // A ratio over next to no time says nothing; it is better not there, or a moment old.
    if (active + idle < (this.#ratio === undefined ? 1 : this.#interval / 2)) return
    this.#ratio ??= this.#registry.gauge('threeply_event_loop_utilization_ratio', {
      help: 'The share of the last interval that the event loop of the thread was active.',
      unit: 'ratio',
      labels: slotLabels(this.#registry),
    })
    this.#ratio.set(utilization)
    this.#last = now
  }
}
