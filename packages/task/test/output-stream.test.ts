/** The outputs of a stream: their order, who waits for them, and how it ends. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StreamedOutputs } from '../src/runner.ts'

/** A stream, and what it asked of its feed. */
function makeStream(order: 'completion' | 'input' = 'completion', indexed = false) {
  const asked: unknown[] = []
  const stream = new StreamedOutputs<unknown>({ order, indexed })
  stream.feedFrom({
    start: () => asked.push('start'),
    roomMade: () => asked.push('room'),
    awaited: (isAwaited) => asked.push(isAwaited),
    stop: async (reason) => {
      asked.push(reason)
    },
  })
  return { stream, asked }
}

test.each(['completion', 'input'] as const)(
  'every output is taken once, in order of %s, however they come and are taken',
  async (order) => {
    const size = fc.integer({ min: 0, max: 200 })
    const permutation = size.chain((n) =>
      fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }),
    )
    await fc.assert(
      fc.asyncProperty(permutation, fc.integer({ min: 1, max: 9 }), async (places, burst) => {
        const { stream } = makeStream(order, true)
        const reading = collect(stream)
        for (const [nth, place] of places.entries()) {
          stream.put(place, `output ${place}`)
          if (nth % burst === 0) await null // lets the reader catch up
        }
        stream.finish()
        const inOrder = order === 'input' ? [...places].sort((a, b) => a - b) : places
        expect(await reading).toEqual(inOrder.map((place) => [place, `output ${place}`]))
        expect(stream.waiting).toBe(0)
      }),
    )
  },
)

describe('the feed', () => {
  test('starts when the first output is asked for, and hears when one is taken', async () => {
    const { stream, asked } = makeStream()
    expect(asked).toEqual([])
    const both = [stream.next(), stream.next()]
    expect(asked).toEqual([true, 'start'])
    stream.put(0, undefined)
    stream.put(1, 'b')
    stream.put(2, 'c')
    expect(asked).toEqual([true, 'start', 'room', false, 'room'])
    expect(stream.waiting).toBe(1)
    expect(await Promise.all(both)).toEqual([
      { done: false, value: undefined },
      { done: false, value: 'b' },
    ])
    expect(await stream.next()).toEqual({ done: false, value: 'c' })
    expect(asked.at(-1)).toBe('room')
  })

  test('is stopped when the reader leaves, and not when it had not begun', async () => {
    const begun = makeStream()
    const waiting = begun.stream.next()
    expect(await begun.stream.return()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(begun.asked.at(-1)).toMatchObject({ name: 'AbortError' })
    begun.stream.put(0, 'late')
    begun.stream.fail(new Error('late'))
    expect(await begun.stream.next()).toEqual({ done: true, value: undefined })

    const other = makeStream()
    await other.stream[Symbol.asyncDispose]()
    expect(other.asked).toEqual([])
    expect(await other.stream.next()).toEqual({ done: true, value: undefined })
  })
})

describe('a failure', () => {
  test('comes once, after the outputs that wait', async () => {
    const { stream } = makeStream()
    const first = stream.next()
    stream.put(0, 'a')
    stream.put(1, 'b')
    const error = new RangeError('mine')
    stream.fail(error)
    expect(await first).toMatchObject({ value: 'a' })
    expect(await stream.next()).toMatchObject({ value: 'b' })
    await expect(stream.next()).rejects.toBe(error)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('comes at once when they were dropped', async () => {
    const { stream } = makeStream()
    const first = stream.next()
    for (let place = 0; place < 100; place += 1) stream.put(place, place)
    expect(await first).toMatchObject({ value: 0 })
    stream.clear()
    expect(stream.waiting).toBe(0)
    const error = new RangeError('mine')
    stream.fail(error)
    await expect(stream.next()).rejects.toBe(error)
  })
})

async function collect(outputs: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = []
  for await (const output of outputs) collected.push(output)
  return collected
}
