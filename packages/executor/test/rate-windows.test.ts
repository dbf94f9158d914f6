/** How many functions of a real executor start in any stretch of time; mostly in virtual time. */
import { AsyncExecutor, type RateOptions } from '@threeply/executor'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

test('by the real clock, so many starts take as long as their intervals', async () => {
  vi.useRealTimers()
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom('sliding' as const, 'fixed' as const),
    async (limit, window) => {
      const interval = 12
      const executor = new AsyncExecutor({ concurrency: 3, rate: { limit, interval, window } })
      // From before the first to after the last, so that a machine that is busy makes it longer.
      const begin = performance.now()
      await executor.map(Array(3 * limit + 1).keys(), (input) => input)
      expect(performance.now() - begin).toBeGreaterThanOrEqual(3 * interval)
    },
  )
  await fc.assert(property, { numRuns: 12 })
})

beforeEach(() => {
  // Without `setImmediate`, which is no time to wait for.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** What rounding may make of a time. */
const EPSILON = 1e-6

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constantFrom('run' as const, 'map', 'stream'),
      count: fc.integer({ min: 1, max: 6 }),
      duration: fc.constantFrom(0, 0, 3, 40),
      fails: fc.boolean(),
      weight: fc.constantFrom(1, 1, 2),
      isNested: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.nat(60) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom('pause' as const, 'resume', 'clear', 'abort', 'grow', 'shrink'),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

const common = {
  limit: fc.integer({ min: 1, max: 5 }),
  interval: fc.integer({ min: 2, max: 50 }),
}

/** Does all of `steps`, lets all end, and gives the times at which functions started. */
async function starts(rate: RateOptions, steps: readonly Step[], reentrant: boolean) {
  const executor = new AsyncExecutor({ concurrency: 3, rate, reentrant })
  const started: number[] = []
  const open: Promise<unknown>[] = []
  const expectEnd = (call: Promise<unknown>) => open.push(call.catch(() => {}))
  let controller = new AbortController()
  const take = async (step: Step): Promise<void> => {
    if (step.does === 'wait') await vi.advanceTimersByTimeAsync(step.ms)
    else if (step.does === 'abort') {
      controller.abort()
      controller = new AbortController()
    } else if (step.does === 'grow') executor.concurrency = 6
    else if (step.does === 'shrink') executor.concurrency = 2
    else if (step.does !== 'run' && step.does !== 'map' && step.does !== 'stream') {
      executor[step.does]()
    } else {
      const { count, duration, fails, weight, isNested } = step
      const fn = async ({ attempt }: { readonly attempt: number }) => {
        started.push(performance.now())
        if (duration > 0) await new Promise((resolve) => setTimeout(resolve, duration))
        if (reentrant && isNested) await executor.run(() => started.push(performance.now()))
        if (fails && attempt === 1) throw new Error('again')
      }
      const { signal } = controller
      const retry = { attempts: 2, minDelay: 1, maxDelay: 5 }
      const options = { signal, weight, retry }
      const inputs = Array(count).fill(0)
      const item = (_input: unknown, context: { readonly attempt: number }) => fn(context)
      if (step.does === 'run') for (const _ of inputs) expectEnd(executor.run(fn, options))
      else if (step.does === 'map') expectEnd(executor.map(inputs, item, options))
      else expectEnd(drain(executor.stream(inputs, item, options)))
    }
  }
  for (const each of steps) await take(each)
  executor.resume()
  const closed = executor.close()
  await vi.runAllTimersAsync()
  await Promise.all([...open, closed])
  return started
}

async function drain(outputs: AsyncIterable<unknown>): Promise<void> {
  for await (const _output of outputs);
}

const check =
  (judge: (started: readonly number[], rate: RateOptions) => void) =>
  async (rate: RateOptions, steps: readonly Step[], reentrant: boolean) =>
    judge(await starts(rate, steps, reentrant), rate)

const steps = fc.array(step, { minLength: 5, maxLength: 30 })

describe('whatever is submitted, retried, nested, paused, resized and aborted', () => {
  test('sliding: no stretch as long as the interval has more starts than the limit', async () => {
    const rates = fc.record({ ...common, window: fc.constant('sliding' as const) })
    const judge = check((started, { limit, interval }) => {
      for (let index = limit; index < started.length; index += 1) {
        const stretch = started[index]! - started[index - limit]!
        expect(stretch).toBeGreaterThanOrEqual(interval - EPSILON)
      }
    })
    await fc.assert(fc.asyncProperty(rates, steps, fc.boolean(), judge))
  })

  test('fixed: no interval has more, and no stretch more than two of them', async () => {
    const rates = fc.record({ ...common, window: fc.constant('fixed' as const) })
    const judge = check((started, { limit, interval }) => {
      const counts = new Map<number, number>()
      for (const time of started) {
        const place = Math.floor((time - started[0]!) / interval + EPSILON)
        counts.set(place, (counts.get(place) ?? 0) + 1)
      }
      for (const count of counts.values()) expect(count).toBeLessThanOrEqual(limit)
      for (let index = 2 * limit; index < started.length; index += 1) {
        const stretch = started[index]! - started[index - 2 * limit]!
        expect(stretch).toBeGreaterThanOrEqual(interval - EPSILON)
      }
    })
    await fc.assert(fc.asyncProperty(rates, steps, fc.boolean(), judge))
  })

  test('burst: no stretch has more than the burst and what was refilled in it', async () => {
    const rates = fc.record({ ...common, burst: fc.integer({ min: 1, max: 6 }) })
    const judge = check((started, { limit, interval, burst }) => {
      for (let first = 0; first < started.length; first += 1) {
        for (let last = first; last < started.length; last += 1) {
          const refilled = ((started[last]! - started[first]!) * limit) / interval
          expect(last - first + 1).toBeLessThanOrEqual(burst! + refilled + EPSILON)
        }
      }
    })
    await fc.assert(fc.asyncProperty(rates, steps, fc.boolean(), judge))
  })
})
