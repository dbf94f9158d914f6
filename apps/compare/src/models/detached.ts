/** Detached: children that run on by themselves, and answer what the parent sends them. */
import { DetachedRunner, type DetachedThread } from '@threeply/detached'
import type { Job } from '../workloads/answer-jobs.ts'
import { inLanes, type Model, type ModelSettings, type TaskSource } from './model.ts'

interface Child {
  readonly thread: DetachedThread
  readonly answers: AsyncIterator<unknown>
}

export async function detachedModel(
  { url, answer }: TaskSource,
  { threads, inFlight, signal }: ModelSettings,
): Promise<Model> {
  const runner = new DetachedRunner(url, { grace: 200 })
  try {
    const children = Array.from({ length: threads }, (_, index): Child => {
      const thread = runner.spawn(answer, undefined, { name: `${answer} ${index}`, signal })
      return { thread, answers: thread[Symbol.asyncIterator]() }
    })
    await Promise.all(children.map(({ thread }) => thread.ready))
    return {
      threads,
      run: (jobs) => inLanes(jobs, inFlight, (job, lane) => ask(children[lane % threads]!, job)),
      [Symbol.asyncDispose]: async () => void (await runner.shutdown()),
    }
  } catch (error) {
    await runner.shutdown()
    throw error
  }
}

async function ask({ thread, answers }: Child, job: Job): Promise<unknown> {
  try {
    await thread.send(job)
    const { done, value } = await answers.next()
    if (!done) return value
  } catch (error) {
    await thread.join() // a child that has ended tells why, which is more than that it is gone
    throw error
  }
  await thread.join()
  throw new Error(`the child ${thread.name} ended before it answered`)
}
