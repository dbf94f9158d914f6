/** The four models as they do one kind of work over and over: the shortest way each of them has. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DetachedRunner } from '@threeply/detached'
import { AsyncExecutor } from '@threeply/executor'
import { ForkJoinPool } from '@threeply/fork-join'
import { createTaskContext } from '@threeply/task'
import { type MixedWork, mixed } from '../workloads/mixed-tasks.ts'
import type { ModelName } from './start-model.ts'

type MixedTasks = typeof import('../workloads/mixed-tasks.ts')

/** Does the work `count` times. */
type MixedModel = (work: MixedWork, count: number) => Promise<void>

export interface MixedModels extends AsyncDisposable {
  readonly byName: Readonly<Record<ModelName, MixedModel>>
}

/** Tasks that the async model has in flight, as many a server would: they cost next to nothing. */
const ASYNC_IN_FLIGHT = 64

/** How long the caller may compute before it must hear whether it is to stop, in milliseconds. */
const LONGEST_TURN = 20

/** @param threads Threads of the pool, and detached ones at a time. */
export function startMixedModels(threads: number, signal: AbortSignal): MixedModels {
  const module = new URL('../workloads/mixed-tasks.ts', import.meta.url)
  const executor = new AsyncExecutor({ concurrency: ASYNC_IN_FLIGHT })
  const pool = new ForkJoinPool<MixedTasks>(module, { threads })
  const runner = new DetachedRunner<MixedTasks>(module, { grace: 200 })
  const context = createTaskContext({ signal })

  const byName: Record<ModelName, MixedModel> = {
    inline: async (work, count) => {
      let turnStarted = performance.now()
      for (let i = 0; i < count; i += 1) {
        await mixed(work, context)
        if (performance.now() - turnStarted < LONGEST_TURN) continue
        await nextTurn()
        signal.throwIfAborted()
        turnStarted = performance.now()
      }
    },
    async: async (work, count) => {
      await executor.map(copies(work, count), (input) => mixed(input, context), { signal })
    },
    'fork-join': async (work, count) => {
      await pool.map('mixed', copies(work, count), { signal })
    },
    /** A thread for each task: the child runs on by itself, so nobody can use its thread again. */
    detached: async (work, count) => {
      let left = count
      const lane = async () => {
        while (left > 0) {
          left -= 1
          await runner.spawn('mixed', work, { signal }).join()
        }
      }
      await Promise.all(Array.from({ length: threads }, lane))
    },
  }
  return {
    byName,
    async [Symbol.asyncDispose]() {
      await Promise.all([executor.close(), pool.destroy(), runner.shutdown()])
    },
  }
}

function copies(work: MixedWork, count: number): MixedWork[] {
  return Array.from({ length: count }, () => work)
}
