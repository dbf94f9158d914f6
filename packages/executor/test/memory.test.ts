/** What is held while much is to be done: nothing that grows with the number of inputs. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AsyncExecutor } from '@threeply/executor'
import { expect, test } from 'vitest'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const MILLION = 1_000_000

/** What a million objects that are held would take is fifty times this. */
const FLAT = 4 * 2 ** 20

test.each([
  [
    'forEach over a generator',
    async (executor: AsyncExecutor, heap: Heap) => {
      await executor.forEach(objects(), (input) => heap.sample(input.index))
    },
  ],
  [
    'forEach over an async generator',
    async (executor: AsyncExecutor, heap: Heap) => {
      await executor.forEach(asyncObjects(), (input) => heap.sample(input.index))
    },
  ],
  [
    'stream over a generator',
    async (executor: AsyncExecutor, heap: Heap) => {
      for await (const { index } of executor.stream(objects(), (input) => input)) heap.sample(index)
    },
  ],
])('%s: a million inputs, flat memory', { timeout: 240_000 }, async (_what, work) => {
  const heap = new Heap()
  await work(new AsyncExecutor({ concurrency: 64 }), heap)
  expect(heap.growth).toBeLessThan(FLAT)
})

test('one signal has one listener for any number of calls', async () => {
  const executor = new AsyncExecutor({ concurrency: 1 })
  const controller = new AbortController()
  const { signal } = controller
  let listeners = 0
  const { addEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners += 1
    addEventListener.apply(signal, args)
  }
  const calls = Array.from({ length: 1_000 }, () => executor.run(() => 1, { signal }))
  expect(listeners).toBe(1)
  await Promise.all(calls)
})

interface Input {
  readonly index: number
  readonly text: string
}

function* objects(): Generator<Input> {
  for (let index = 0; index < MILLION; index += 1) yield { index, text: `input ${index}` }
}

async function* asyncObjects(): AsyncGenerator<Input> {
  yield* objects()
}

class Heap {
  #first: number | undefined
  #last = 0

  /** Reads the heap without garbage five times on the way. */
  sample(index: number): void {
    if (index % (MILLION / 5) !== MILLION / 10) return
    collectGarbage()
    this.#last = process.memoryUsage().heapUsed
    this.#first ??= this.#last
  }

  get growth(): number {
    if (this.#first === undefined || this.#last === this.#first) throw new Error('was not sampled')
    return this.#last - this.#first
  }
}
