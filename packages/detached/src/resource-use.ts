/** Measures, in the thread itself, what it uses. */
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { ResourceUse } from './messages.ts'

export class ResourceMeter {
  #peakHeapBytes = 0

  /** V8 keeps no peak of its heap, so this looks at it after each garbage collection. */
  constructor() {
    new PerformanceObserver(() => this.#look()).observe({ type: 'gc' })
  }

  use(): ResourceUse {
    this.#look()
    const cpu = process.threadCpuUsage?.() // Node 23.9 and newer
    const peakHeapBytes = this.#peakHeapBytes
    if (cpu === undefined) return { peakHeapBytes }
    return { peakHeapBytes, cpu: { user: cpu.user / 1_000, system: cpu.system / 1_000 } }
  }

  #look(): void {
    this.#peakHeapBytes = Math.max(this.#peakHeapBytes, getHeapStatistics().total_heap_size)
  }
}
