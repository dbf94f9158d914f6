/** A way to run the tasks of a module over a list of jobs; the four models are all used through it. */
import type { TaskContext } from '@threeply/task'
import type { Job } from '../workloads/answer-jobs.ts'

/** How one job went. */
export interface Done {
  readonly output: unknown
  /** Milliseconds from when somebody took the job up to when its output was there, as the caller sees it. */
  readonly latency: number
  /** When its output was there, in milliseconds of `performance.now()`. */
  readonly endedAt: number
}

export interface Model extends AsyncDisposable {
  /** Worker threads that it keeps for its work; the caller's own is none. */
  readonly threads: number
  /** Does all jobs; gives how each went, in the order of the jobs. */
  run(jobs: readonly Job[]): Promise<readonly Done[]>
}

/** How much a model may do at a time; inline it is always one job. */
export interface ModelSettings {
  /** Threads of the threaded models. */
  readonly threads: number
  /** Jobs that are given to the model and not done; with more than there are threads, some wait there. */
  readonly inFlight: number
  readonly signal: AbortSignal
}

/** A task module as the models use it. */
export interface TaskSource {
  readonly url: URL
  /** Its functions, for the models that run in the caller's thread. */
  readonly tasks: object
  /** The task of the child that answers jobs, made with `answerJobs`. */
  readonly answer: string
}

/** The function that does `job` in the caller's thread. */
export function taskOf({ tasks }: TaskSource, { task }: Job) {
  return (tasks as Record<string, (input: unknown, context: TaskContext) => unknown>)[task]!
}

/** Times one job, from now to the end of `work`. */
export async function timed(work: () => unknown): Promise<Done> {
  const start = performance.now()
  const output = await work()
  const endedAt = performance.now()
  return { output, latency: endedAt - start, endedAt }
}

/**
 * Does the jobs in `lanes`: each lane takes the next job when it has done one, so that as many are in
 * flight. When one fails, the lanes take no more, and the call rejects once all have ended.
 */
export async function inLanes(
  jobs: readonly Job[],
  lanes: number,
  perform: (job: Job, lane: number) => unknown,
): Promise<readonly Done[]> {
  const done: Done[] = []
  let next = 0
  const pull = async (lane: number): Promise<void> => {
    while (next < jobs.length) {
      const index = next
      next += 1
      done[index] = await timed(() => perform(jobs[index]!, lane))
    }
  }
  const ends = await Promise.allSettled(
    Array.from({ length: lanes }, (_, lane) =>
      pull(lane).catch((error) => {
        next = jobs.length
        throw error
      }),
    ),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return done
}
