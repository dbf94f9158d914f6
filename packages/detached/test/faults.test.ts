import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DetachedThread } from '../src/index.ts'
import { makeRunner, sharedWords } from './fixtures/runner.ts'

const TASKS = [
  'fail',
  'throwFromTimer',
  'surviveUncaught',
  'giveUncloneable',
  'returnWhenAsked',
  'throwReason',
  'sleep',
  'failWhenAsked',
  'exitWhenAsked',
  'spin',
  'block',
  'ignoreStop',
  'flood',
  'leaveBehind',
  'echo',
  'loopAnew',
  'nope',
] as const

const INTERFERENCES = ['stop', 'abort', 'terminate', 'send', 'read', 'unref', 'nothing'] as const

/** What a report says must fit what `join` and `state` say. */
async function expectConsistent(thread: DetachedThread): Promise<void> {
  const report = await thread.exited
  const [joined] = await Promise.allSettled([thread.join()])
  await Promise.allSettled([thread.ready])
  const state = ['failed', 'out-of-memory'].includes(report.reason) ? 'failed' : 'exited'
  expect(thread.state).toBe(state)
  expect('error' in report).toBe(state === 'failed')
  if (report.reason === 'completed') expect(joined.status).toBe('fulfilled')
  else if (report.reason !== 'stopped') expect(joined.status).toBe('rejected')
  expect(await thread.stop()).toBe(report)
}

test('whatever happens to threads and when, each ends once, and its accounts agree', async () => {
  const plan = fc.record({
    task: fc.constantFrom(...TASKS),
    interferences: fc.array(
      fc.record({
        does: fc.constantFrom(...INTERFERENCES),
        after: fc.integer({ max: 60, min: 0 }),
      }),
      { maxLength: 3 },
    ),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 8, maxLength: 16 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 80 }),
      async (plans, spares, shutdownAfter) => {
        const runner = makeRunner({ spares, grace: 30 })
        const threads = plans.map(({ task, interferences }) => {
          const controller = new AbortController()
          const { signal } = controller
          const thread = runner.spawn(task as 'echo', sharedWords() as never, { signal })
          for (const { does, after } of interferences) {
            void delay(after).then(() => interfere(thread, does, controller))
          }
          return thread as DetachedThread
        })
        await delay(shutdownAfter)
        await runner.shutdown({ grace: 30 })
        await Promise.all(threads.map(expectConsistent))
      },
    ),
    { numRuns: 15 },
  )
})

async function interfere(
  thread: DetachedThread<unknown, string>,
  does: (typeof INTERFERENCES)[number],
  controller: AbortController,
): Promise<void> {
  if (does === 'stop') await thread.stop({ grace: 10 })
  if (does === 'abort') controller.abort(new Error('enough'))
  if (does === 'terminate') await thread.terminate()
  if (does === 'unref') thread.unref()
  if (does === 'send') for (let index = 0; index < 100; index += 1) void thread.send(`${index}`)
  if (does === 'read') for await (const _message of thread);
}
