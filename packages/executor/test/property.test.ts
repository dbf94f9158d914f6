/** Whatever is done to an executor, in whatever order: the limit holds, and all is settled once. */
import { setImmediate as turn } from 'node:timers/promises'
import { until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** What a function does: give or throw, now or later, heeding its signal or not. */
const behaviour = fc.record({
  turns: fc.nat(3),
  fails: fc.boolean(),
  heeds: fc.boolean(),
})
type Behaviour = typeof behaviour extends fc.Arbitrary<infer Value> ? Value : never

const bulk = fc.record({
  tasks: fc.array(behaviour, { maxLength: 12 }),
  isAsync: fc.boolean(),
  onFailure: fc.constantFrom('cancel' as const, 'drain' as const),
})

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('run' as const),
      task: behaviour,
      priority: fc.constantFrom(undefined, 0, 1, -1),
      weight: fc.constantFrom(undefined, 1, 2, 5),
      key: fc.constantFrom(undefined, undefined, 'a', 'b'),
      attempts: fc.constantFrom(undefined, 1, 3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('pause' as const, 'resume', 'clear') }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('map' as const), bulk }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('mapSettled' as const), bulk }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('stream' as const),
      bulk,
      order: fc.constantFrom('input' as const, 'completion' as const),
      readAhead: fc.nat(3),
      takes: fc.nat(12),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('abort' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('resize' as const),
      to: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('wait' as const) }) },
)

test('the limit holds, order is kept, and everything settles exactly once', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('close' as const, 'destroy' as const),
      async (steps, concurrency, ending) => {
        const trial = new Trial(concurrency)
        for (const each of steps) await trial.take(each)
        await trial.end(ending)
      },
    ),
    { numRuns: 300 },
  )
})

class Trial {
  readonly #executor: AsyncExecutor
  #controller = new AbortController()
  readonly #open = new Set<Promise<void>>()
  readonly #runningOf = new Map<string, number>()
  /** The weight of what runs. */
  #running = 0
  #broken = false
  /** The largest limit since as many were running. */
  #limit: number

  constructor(concurrency: number) {
    this.#executor = new AsyncExecutor({ concurrency, keyConcurrency: 2 })
    this.#limit = concurrency
  }

  async take(step: Step): Promise<void> {
    const { signal } = this.#controller
    if (step.does === 'run') {
      const { priority, key } = step
      const weight = Math.min(step.weight ?? 1, this.#executor.concurrency)
      const retry =
        step.attempts === undefined
          ? undefined
          : { attempts: step.attempts, minDelay: 0, maxDelay: 2 }
      const task = (context: { readonly signal: AbortSignal }) =>
        this.#keyed(key, () => this.#task(step.task, context, weight))
      this.#expect(this.#executor.run(task, { signal, priority, weight, key, retry }))
    } else if (step.does === 'map') {
      const { onFailure } = step.bulk
      const inputs = inputsOf(step.bulk)
      const mapped = this.#executor.map(inputs, this.#item, { signal, onFailure })
      this.#expect(mapped.then((outputs) => expect(outputs).toEqual([...step.bulk.tasks.keys()])))
    } else if (step.does === 'mapSettled') {
      const mapped = this.#executor.mapSettled(inputsOf(step.bulk), this.#item, { signal })
      this.#expect(
        mapped.then((results) =>
          expect(results.map(({ status }) => status === 'rejected')).toEqual(
            step.bulk.tasks.map(({ fails }) => fails),
          ),
        ),
      )
    } else if (step.does === 'stream') {
      this.#expect(this.#read(step))
    } else if (step.does === 'abort') {
      this.#controller.abort(REASON)
      this.#controller = new AbortController()
    } else if (step.does === 'resize') {
      this.#executor.concurrency = step.to
      this.#limit = Math.max(step.to, this.#running)
    } else if (step.does === 'wait') {
      await turn()
    } else {
      this.#executor[step.does]()
    }
  }

  async end(ending: 'close' | 'destroy'): Promise<void> {
    this.#executor.resume()
    await this.#executor[ending]()
    await Promise.all(this.#open)
    await until(() => this.#executor.running === 0, 'all functions to end')
    expect(this.#running).toBe(0)
    expect(this.#broken).toBe(false)
    expect(this.#executor.waiting).toBe(0)
    await this.#executor.onIdle()
  }

  /** Settles once, and with nothing but what this trial throws or reasons with. */
  #expect(promise: Promise<unknown>): void {
    const settled = promise.then(
      () => {},
      (error: Error) => {
        if (error === REASON || error.message === 'mine') return
        expect(['ERR_THREEPLY_CLOSED', 'ERR_THREEPLY_DROPPED']).toContain(
          'code' in error ? error.code : error,
        )
      },
    )
    this.#open.add(settled)
  }

  async #read({ bulk, order, readAhead, takes }: Step & { does: 'stream' }): Promise<void> {
    const { signal } = this.#controller
    const options = { signal, onFailure: bulk.onFailure, order, readAhead, indexed: true } as const
    const indexes: number[] = []
    if (takes === 0) return
    for await (const [index, output] of this.#executor.stream(
      inputsOf(bulk),
      this.#item,
      options,
    )) {
      expect(output).toBe(index)
      indexes.push(index)
      if (indexes.length === takes) break
    }
    expect(new Set(indexes).size).toBe(indexes.length)
    if (order === 'input') expect(indexes).toEqual([...indexes.keys()])
    if (takes > bulk.tasks.length) expect(indexes).toHaveLength(bulk.tasks.length)
  }

  readonly #item = async (
    task: Behaviour,
    context: { readonly signal: AbortSignal; readonly index: number },
  ): Promise<number> => {
    await this.#task(task, context)
    return context.index
  }

  async #keyed(key: string | undefined, task: () => Promise<void>): Promise<void> {
    if (key === undefined) return task()
    const running = (this.#runningOf.get(key) ?? 0) + 1
    this.#runningOf.set(key, running)
    if (running > 2) throw new Error(`${running} run of key ${key}`)
    try {
      await task()
    } finally {
      this.#runningOf.set(key, this.#runningOf.get(key)! - 1)
    }
  }

  async #task(
    task: Behaviour,
    { signal }: { readonly signal: AbortSignal },
    weight = 1,
  ): Promise<void> {
    // A heavy one that is alone has what there is.
    if (this.#running > 0 && this.#running + weight > this.#limit) this.#broken = true
    this.#running += weight
    if (this.#broken) throw new Error(`${this.#running} run, ${this.#limit} may`)
    try {
      for (let turns = 0; turns < task.turns; turns += 1) {
        await turn()
        if (task.heeds) signal.throwIfAborted()
      }
      if (task.fails) throw new Error('mine')
    } finally {
      this.#running -= weight
      this.#limit = Math.max(this.#executor.concurrency, this.#running)
    }
  }
}

type Bulk = typeof bulk extends fc.Arbitrary<infer Value> ? Value : never

const REASON = new Error('the trial aborts')

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function inputsOf({ tasks, isAsync }: Bulk) {
  if (!isAsync) return tasks
  return (async function* () {
    for (const [index, task] of tasks.entries()) {
      if (index % 3 === 2) await turn()
      yield task
    }
  })()
}
