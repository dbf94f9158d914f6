/** What runs never weighs more than the limit, whoever submitted it. */
import { setImmediate as turn } from 'node:timers/promises'
import { AsyncExecutor } from '@threeply/executor'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constantFrom('run' as const, 'run', 'map', 'stream'),
      weight: fc.integer({ min: 1, max: 6 }),
      turns: fc.nat(3),
      priority: fc.constantFrom(0, 0, 1),
      isAsync: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('resize' as const),
      to: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom('wait' as const, 'pause', 'resume', 'abort') }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

test('of runs, maps and streams of any weight, resized, paused and aborted', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 30 }),
    fc.integer({ min: 1, max: 8 }),
    async (steps, concurrency) => {
      const trial = new WeightTrial(concurrency)
      for (const each of steps) await trial.take(each)
      await trial.end()
    },
  )
  await fc.assert(property, { numRuns: 400 })
})

class WeightTrial {
  readonly #executor: AsyncExecutor
  readonly #open: Promise<unknown>[] = []
  #controller = new AbortController()
  #running = 0
  /** What may run: more than the concurrency while more was running when that was lowered. */
  #limit: number
  #excess: string | undefined

  constructor(concurrency: number) {
    this.#executor = new AsyncExecutor({ concurrency })
    this.#limit = concurrency
  }

  async take(step: Step): Promise<void> {
    const executor = this.#executor
    if ('turns' in step) this.#submit(step)
    else if (step.does === 'wait') await turn()
    else if (step.does === 'pause' || step.does === 'resume') executor[step.does]()
    else if (step.does === 'resize') {
      executor.concurrency = step.to
      this.#limit = Math.max(step.to, this.#running)
    } else {
      this.#controller.abort()
      this.#controller = new AbortController()
    }
  }

  async end(): Promise<void> {
    this.#executor.resume()
    await Promise.all(this.#open)
    await this.#executor.close()
    expect(this.#excess).toBeUndefined()
    expect(this.#running).toBe(0)
  }

  #submit(step: Extract<Step, { turns: number }>): void {
    const executor = this.#executor
    const weight = Math.min(step.weight, executor.concurrency)
    const fn = () => this.#run(weight, step.turns)
    const options = { weight, priority: step.priority, signal: this.#controller.signal }
    const inputs = step.isAsync ? asyncInputs() : [1, 2, 3]
    if (step.does === 'run') this.#expectEnd(executor.run(fn, options))
    else if (step.does === 'map') this.#expectEnd(executor.map(inputs, fn, options))
    else this.#expectEnd(drain(executor.stream(inputs, fn, options)))
  }

  #expectEnd(call: Promise<unknown>): void {
    this.#open.push(call.catch(() => {}))
  }

  async #run(weight: number, turns: number): Promise<void> {
    // One that is alone has what there is: the limit may have been lowered since it was submitted.
    if (this.#running > 0 && this.#running + weight > this.#limit) {
      this.#excess ??= `${weight} started beside ${this.#running}, and ${this.#limit} may run`
    }
    this.#running += weight
    for (let left = turns; left > 0; left -= 1) await turn()
    this.#running -= weight
    this.#limit = Math.max(this.#executor.concurrency, this.#running)
  }
}

async function* asyncInputs() {
  yield 1
  await turn()
  yield* [2, 3]
}

async function drain(outputs: AsyncIterable<unknown>): Promise<void> {
  for await (const _output of outputs);
}
