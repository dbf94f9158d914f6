/** What a thread with metrics records of its task, in a shard of its own: when it ran, and how long. */
import type { MetricsHandle } from '@threeply/metrics'

export interface RunRecorder {
  /** The task starts now. @returns To be called when it has settled. */
  start(id: number): () => void
}

/** The imports are paid by those who measure alone: they would slow down the start of any thread. */
export async function openRunRecorder(handle: MetricsHandle): Promise<RunRecorder> {
  const [{ MetricsRegistry }, { runnerMetrics }] = await Promise.all([
    import('@threeply/metrics'),
    import('@threeply/metrics/runner'),
  ])
  const { timeline, runTime } = runnerMetrics(MetricsRegistry.attach(handle), 'detached')
  return {
    start: (id) => {
      const startedAt = timeline.now()
      return () => {
        const endedAt = timeline.now()
        runTime.record((endedAt - startedAt) / 1_000)
        timeline.record('run', startedAt, endedAt, { id })
      }
    },
  }
}
