/** What an async task costs while it waits for its turn. */
import { heapPerPending } from '../measure/heap-per-pending.ts'
import { numbers } from '../measure/inputs.ts'
import { asyncLibrary } from '../rivals/limiter/async.ts'
import { cockatiel } from '../rivals/limiter/cockatiel.ts'
import { fastq } from '../rivals/limiter/fastq.ts'
import { handWrittenLimit } from '../rivals/limiter/hand-written-limit.ts'
import type { LimiterRival } from '../rivals/limiter/limiter-rival.ts'
import { pLimit } from '../rivals/limiter/p-limit.ts'
import { pQueue } from '../rivals/limiter/p-queue.ts'
import { threeply } from '../rivals/limiter/threeply.ts'
import type { Subject, Suite } from '../suite.ts'

const LIMIT = 64

export const suite: Suite = {
  title: 'async tasks that wait behind 64 others, bytes of heap per task, its promise included',
  unit: 'bytes',
  cases: [
    {
      name: 'run',
      items: 200_000,
      subjects: [threeply, pLimit, pQueue, fastq, asyncLibrary, cockatiel, handWrittenLimit].map(
        subject,
      ),
    },
  ],
}

function subject(rival: LimiterRival): Subject {
  return {
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      let gate: Promise<void> = Promise.resolve()
      const limiter = await rival.open(LIMIT, async (input) => {
        await gate
        return input
      })
      return heapPerPending(numbers(tasks), {
        hold: async () => {
          let open = () => {}
          gate = new Promise((resolve) => {
            open = resolve
          })
          return open
        },
        submit: (input) => limiter.run!(input),
      })
    },
  }
}
