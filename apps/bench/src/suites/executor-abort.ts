/** What it costs to abort a call in the middle of many that wait: flat if removal takes one step. */
import { AsyncExecutor } from '@threeply/executor'
import { numbers } from '../measure/inputs.ts'
import { timePerAbort, type Waiting } from '../measure/time-per-abort.ts'
import type { Case, Subject, Suite } from '../suite.ts'

const QUEUED = [1_000, 10_000, 100_000, 1_000_000]

export const suite: Suite = {
  title: 'aborts in the middle of as many calls that wait, time per abort',
  unit: 'ns',
  cases: QUEUED.map(
    (items): Case => ({
      name: `${items.toLocaleString('en')} queued`,
      items,
      subjects: [
        subject('threeply', 'ours', threeplyQueue),
        subject('array', 'by hand', arrayQueue),
      ],
    }),
  ),
}

function subject(name: string, role: Subject['role'], open: () => Waiting): Subject {
  return { name, role, measure: (items) => timePerAbort(numbers(items), open()) }
}

function threeplyQueue(): Waiting {
  const executor = new AsyncExecutor({ concurrency: 1 })
  let start = () => {}
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  void executor.run(() => started)
  return {
    submit: (input, signal) => executor.run(() => input, signal && { signal }),
    start,
  }
}

/** As is often written: a queue that is an array, in which an abort looks for its call. */
function arrayQueue(): Waiting {
  const queue: (() => void)[] = []
  return {
    submit: (input, signal) =>
      new Promise((resolve, reject) => {
        const run = () => resolve(input)
        const onAbort = () => {
          queue.splice(queue.indexOf(run), 1)
          reject(signal!.reason)
        }
        queue.push(run)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    start: () => {
      for (const run of queue) run()
    },
  }
}
