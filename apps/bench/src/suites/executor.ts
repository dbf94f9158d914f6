/** What limiting costs an async task when the task itself costs nothing. */
import { expectOutputs } from '../measure/expect-outputs.ts'
import { numbers } from '../measure/inputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { fastq } from '../rivals/limiter/fastq.ts'
import { handWrittenLimit } from '../rivals/limiter/hand-written-limit.ts'
import type { Limiter, LimiterRival } from '../rivals/limiter/limiter-rival.ts'
import { pLimit } from '../rivals/limiter/p-limit.ts'
import { pMap } from '../rivals/limiter/p-map.ts'
import { plainLoop } from '../rivals/limiter/plain-loop.ts'
import { threeply } from '../rivals/limiter/threeply.ts'
import type { Subject, Suite } from '../suite.ts'

const LIMIT = 64

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
      subjects: [threeply, pLimit, pMap, fastq, handWrittenLimit, plainLoop].map(subject(map)),
    },
    {
      name: 'run',
      items: 200_000,
      subjects: [threeply, pLimit, fastq, handWrittenLimit].map(subject(run)),
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
