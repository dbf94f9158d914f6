/** What the whole process uses. */
import { readFileSync } from 'node:fs'
import type { Gauge } from '../recorders/gauge.ts'
import type { MetricsRegistry } from '../registry.ts'
import { Cumulative } from './cumulative.ts'

const MICROSECONDS = 1e6

export class ProcessResources {
  readonly #user: Cumulative
  readonly #system: Cumulative
  readonly #residentMemory: Gauge
  readonly #threads: Gauge | undefined
  readonly #switches: ContextSwitches | undefined

  constructor(registry: MetricsRegistry) {
    const cpu = (mode: string) =>
      registry.counter('threeply_process_cpu_seconds_total', {
        help: 'CPU time of the process.',
        unit: 'seconds',
        labels: { mode },
      })
    const { user, system } = process.cpuUsage()
    this.#user = new Cumulative(cpu('user'), user / MICROSECONDS)
    this.#system = new Cumulative(cpu('system'), system / MICROSECONDS)
    this.#residentMemory = registry.gauge('threeply_process_resident_memory_bytes', {
      help: 'Memory of the process that is in RAM.',
      unit: 'bytes',
    })
    if (operatingSystemThreads() !== undefined) {
      this.#threads = registry.gauge('threeply_process_threads', {
        help: 'Threads of the operating system that the process has.',
      })
    }
    // libuv has no context switches on Windows, and says 0.
    if (process.platform !== 'win32') this.#switches = new ContextSwitches(registry)
  }

  look(): void {
    const { user, system } = process.cpuUsage()
    this.#user.follow(user / MICROSECONDS)
    this.#system.follow(system / MICROSECONDS)
    this.#residentMemory.set(process.memoryUsage.rss())
    const threads = this.#threads && operatingSystemThreads()
    if (threads !== undefined) this.#threads?.set(threads)
    this.#switches?.look()
  }
}

class ContextSwitches {
  readonly #voluntary: Cumulative
  readonly #involuntary: Cumulative

  constructor(registry: MetricsRegistry) {
    const switches = (type: string) =>
      registry.counter('threeply_process_context_switches_total', {
        help: 'How often a thread of the process gave the CPU up (voluntary) or lost it.',
        labels: { type },
      })
    const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage()
    this.#voluntary = new Cumulative(switches('voluntary'), voluntaryContextSwitches)
    this.#involuntary = new Cumulative(switches('involuntary'), involuntaryContextSwitches)
  }

  look(): void {
    const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage()
    this.#voluntary.follow(voluntaryContextSwitches)
    this.#involuntary.follow(involuntaryContextSwitches)
  }
}

/** How many threads the kernel counts; nothing where it does not tell. */
function operatingSystemThreads(): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const threads = /^Threads:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
    return threads === undefined ? undefined : Number(threads)
  } catch {
    return undefined // a sandbox without /proc
  }
}
