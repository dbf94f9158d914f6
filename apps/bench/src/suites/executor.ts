/** What limiting costs an async task when the task itself costs nothing. */
import { expectOutputs } from '../measure/expect-outputs.ts'
import { numbers } from '../measure/inputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { asyncLibrary } from '../rivals/limiter/async.ts'
import { bottleneck } from '../rivals/limiter/bottleneck.ts'
import { cockatiel } from '../rivals/limiter/cockatiel.ts'
import { effect } from '../rivals/limiter/effect.ts'
import { fastq } from '../rivals/limiter/fastq.ts'
import { handWrittenLimit } from '../rivals/limiter/hand-written-limit.ts'
import type { Limiter, LimiterRival } from '../rivals/limiter/limiter-rival.ts'
import { pLimit } from '../rivals/limiter/p-limit.ts'
import { pMap } from '../rivals/limiter/p-map.ts'
import { pQueue } from '../rivals/limiter/p-queue.ts'
import { plainLoop } from '../rivals/limiter/plain-loop.ts'
import { threeply } from '../rivals/limiter/threeply.ts'
import type { Subject, Suite } from '../suite.ts'

const LIMIT = 64

const MAPPERS = [threeply, pLimit, pMap, pQueue, fastq, asyncLibrary, effect]
const SUBMITTERS = [threeply, pLimit, pQueue, fastq, asyncLibrary, cockatiel]
const BY_HAND = [handWrittenLimit, plainLoop]

type Submit = (limiter: Limiter, inputs: readonly number[]) => Promise<readonly number[]>

const map: Submit = (limiter, inputs) => limiter.map!(inputs)
const run: Submit = (limiter, inputs) => Promise.all(inputs.map((input) => limiter.run!(input)))

export const suite: Suite = {
  title: 'immediate async tasks, at most 64 at a time, time per task',
  unit: 'ns',
  cases: [
    {
      name: 'map',
      items: 200_000,
      subjects: [...MAPPERS, ...BY_HAND].map(subject(map)),
    },
    {
      name: 'run',
      items: 200_000,
      subjects: [...SUBMITTERS, handWrittenLimit].map(subject(run)),
    },
    {
      name: 'run, a few', // bottleneck, and the semaphore of Effect, would take minutes for more
      items: 2_000,
      subjects: [...SUBMITTERS, effect, bottleneck, handWrittenLimit].map(subject(run)),
    },
  ],
}

function subject(submit: Submit): (rival: LimiterRival) => Subject {
  return (rival) => ({
    name: rival.name,
    role: rival.role,
    async measure(tasks) {
      const limiter = await rival.open(LIMIT, async (input) => input)
      const inputs = numbers(tasks)
      const pass = () => submit(limiter, inputs)
      return timePerItem(tasks, pass, (outputs) => expectOutputs(outputs, inputs))
    },
  })
}
