/** Real IO: HTTP requests to a service on this machine that answers at once. */
import { expectOutputs } from '../measure/expect-outputs.ts'
import { numbers } from '../measure/inputs.ts'
import { timePerItem } from '../measure/time-per-item.ts'
import { asyncLibrary } from '../rivals/limiter/async.ts'
import { effect } from '../rivals/limiter/effect.ts'
import { fastq } from '../rivals/limiter/fastq.ts'
import { handWrittenLimit } from '../rivals/limiter/hand-written-limit.ts'
import type { LimiterRival } from '../rivals/limiter/limiter-rival.ts'
import { pLimit } from '../rivals/limiter/p-limit.ts'
import { pMap } from '../rivals/limiter/p-map.ts'
import { pQueue } from '../rivals/limiter/p-queue.ts'
import { threeply } from '../rivals/limiter/threeply.ts'
import { LoopbackService } from '../service/loopback-service.ts'
import type { Subject, Suite } from '../suite.ts'

const LIMIT = 64
const NANOSECONDS = 1_000 // of a microsecond

export const suite: Suite = {
  title: 'HTTP requests to a loopback service in another process, at most 64 at a time, time each',
  unit: 'µs',
  cases: [
    {
      name: 'map',
      items: 5_000,
      subjects: [threeply, pLimit, pMap, pQueue, fastq, asyncLibrary, effect, handWrittenLimit].map(
        subject,
      ),
    },
  ],
}

function subject(rival: LimiterRival): Subject {
  return {
    name: rival.name,
    role: rival.role,
    async measure(requests) {
      const service = await LoopbackService.start({ servers: LIMIT, room: 0, serviceTime: 0 })
      const limiter = await rival.open(LIMIT, async (input) => {
        await service.request()
        return input
      })
      const inputs = numbers(requests)
      const pass = () => limiter.map!(inputs)
      const time = await timePerItem(requests, pass, (outputs) => expectOutputs(outputs, inputs))
      await service.stop()
      return time / NANOSECONDS
    },
  }
}
