/** The order of starts and the order of outputs, whatever is done meanwhile. */
import { setImmediate as turn } from 'node:timers/promises'
import { AsyncExecutor } from '@threeply/executor'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('run' as const),
      priority: fc.constantFrom(0, 0, 0, 1, -1),
      weight: fc.integer({ min: 1, max: 4 }),
      turns: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('abort' as const), which: fc.nat(99) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('pause' as const, 'resume', 'wait') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('resize' as const),
      to: fc.integer({ min: 1, max: 5 }),
    }),
  },
)

test('runs of one priority start in the order of their submission, light and heavy', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 50 }),
    fc.integer({ min: 1, max: 4 }),
    async (steps, concurrency) => {
      const executor = new AsyncExecutor({ concurrency })
      const started = new Map<number, number[]>()
      const controllers: AbortController[] = []
      const open: Promise<unknown>[] = []
      for (const [place, each] of steps.entries()) {
        if (each.does === 'run') {
          const { priority, turns } = each
          const controller = new AbortController()
          controllers.push(controller)
          const weight = Math.min(each.weight, executor.concurrency)
          const options = { priority, weight, signal: controller.signal }
          const call = executor.run(async () => {
            started.set(priority, [...(started.get(priority) ?? []), place])
            for (let left = turns; left > 0; left -= 1) await turn()
          }, options)
          open.push(call.catch(() => {}))
        } else if (each.does === 'abort') controllers[each.which % controllers.length]?.abort()
        else if (each.does === 'wait') await turn()
        else if (each.does === 'resize') executor.concurrency = each.to
        else executor[each.does]()
      }
      executor.resume()
      await Promise.all(open)
      for (const places of started.values()) {
        expect(places).toEqual([...places].sort((left, right) => left - right))
      }
    },
  )
  await fc.assert(property, { numRuns: 300 })
})

const source = fc.record({
  /** How long each input takes to be run, in turns of the event loop. */
  turns: fc.array(fc.nat(4), { maxLength: 40 }),
  isAsync: fc.boolean(),
  concurrency: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(Number.POSITIVE_INFINITY)),
  readAhead: fc.option(fc.nat(4), { nil: undefined }),
  /** How many turns its reader takes for each output. */
  reading: fc.nat(2),
  sizes: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 10 }),
})
type Source = typeof source extends fc.Arbitrary<infer Value> ? Value : never

async function* inputsOf({ turns }: Source) {
  for (const [index, times] of turns.entries()) {
    if (times === 3) await turn()
    yield index
  }
}

test("a stream with order: 'input' and a map give the outputs of all inputs in their order", async () => {
  const property = fc.asyncProperty(source, async (from) => {
    const { turns, isAsync, concurrency, readAhead, reading, sizes } = from
    const executor = new AsyncExecutor({ concurrency })
    const inputs = () => (isAsync ? inputsOf(from) : turns.keys())
    const fn = async (input: number, { index }: { readonly index: number }) => {
      for (let left = turns[input]!; left > 0; left -= 1) await turn()
      return `${input} at ${index}`
    }
    const mapped = executor.map(inputs(), fn)
    const outputs: string[] = []
    for await (const output of executor.stream(inputs(), fn, { order: 'input', readAhead })) {
      outputs.push(output)
      const size = sizes[outputs.length % (sizes.length + 1)]
      if (size !== undefined) executor.concurrency = size
      for (let left = reading; left > 0; left -= 1) await turn()
    }
    const expected = Array.from(turns.keys(), (index) => `${index} at ${index}`)
    expect(outputs).toEqual(expected)
    expect(await mapped).toEqual(expected)
  })
  await fc.assert(property, { numRuns: 150 })
})
