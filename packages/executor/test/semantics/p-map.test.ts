/** What users of p-map rely on. Where a name says "unlike p-map", this package promises another thing. */
import { failure, rejection, turns, until, watch } from '@threeply/conformance'
import { AsyncExecutor, type ItemContext } from '@threeply/executor'
import { InvalidOptionError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { Gate, untilAborted } from '../fixtures/gate.ts'
import { Numbers } from '../fixtures/numbers.ts'

const make = (concurrency = 2) => new AsyncExecutor({ concurrency })

describe('pMap', () => {
  test('gives the outputs in the order of the inputs, whichever ends first', async () => {
    const outputs = await make(3).map([3, 0, 2, 1], async (input) => {
      await turns(input)
      return input * 2
    })
    expect(outputs).toEqual([6, 0, 4, 2])
  })

  test('takes sync and async iterables, and those that are empty', async () => {
    const executor = make()
    async function* letters() {
      yield* 'ab'
    }
    const upper = (letter: string) => letter.toUpperCase()
    expect(await executor.map(letters(), upper)).toEqual(['A', 'B'])
    expect(await executor.map(new Map([['a', 1]]), ([key, value]) => key + value)).toEqual(['a1'])
    expect(await executor.map([], upper)).toEqual([])
    expect(await executor.map((async function* () {})(), upper)).toEqual([])
  })

  test('tells the mapper the index of its input', async () => {
    async function* inputs() {
      yield* ['a', 'b']
    }
    const pair = (input: string, { index }: ItemContext) => [input, index]
    expect(await make().map(inputs(), pair)).toEqual([
      ['a', 0],
      ['b', 1],
    ])
  })

  test.each(['sync', 'async'] as const)(
    'takes from a %s iterable no more than can run',
    async (kind) => {
      const executor = make(3)
      const numbers = new Numbers()
      const { signal, ...controller } = abortable()
      const mapped = executor.map(numbers[kind](), (_input, context) => untilAborted(context), {
        signal,
      })
      await until(() => executor.running === 3, 'all slots to be taken')
      await turns()
      expect(numbers.taken).toBeLessThanOrEqual(kind === 'sync' ? 3 : 4) // one is at hand
      controller.abort()
      await rejection(mapped)
      expect(numbers.isClosed).toBe(true)
    },
  )

  test('unlike p-map: the limit has to be said, and is one for all calls of the executor', async () => {
    expect(() => new AsyncExecutor({} as never)).toThrow(InvalidOptionError)
    const executor = make(2)
    let peak = 0
    const task = async () => {
      peak = Math.max(peak, executor.running)
      await turns(1)
    }
    await Promise.all([executor.forEach(Array(9), task), executor.forEach(Array(9), task)])
    expect(peak).toBe(2)
  })

  test('unlike p-map: an input that is a promise is handed on as it is', async () => {
    const executor = make()
    const promises = [Promise.resolve(1), Promise.resolve(2)]
    const own = { [Symbol.asyncIterator]: () => endingWith(promises) }
    for (const inputs of [promises, own]) {
      const given: unknown[] = []
      const outputs = await executor.map(inputs, async (input) => {
        given.push(input)
        return (await input) * 10
      })
      expect(given).toEqual(promises)
      expect(given.every((input, index) => input === promises[index])).toBe(true)
      expect(outputs).toEqual([10, 20])
    }
  })
})

/** An async iterator that does not await what it gives, as generators do. */
function endingWith<Value>(values: readonly Value[]): AsyncIterator<Value> {
  const rest = values.values()
  return { next: async () => rest.next() }
}

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

describe('stopOnError', () => {
  test('true: rejects with the first failure, and takes no more inputs', async () => {
    const numbers = new Numbers()
    const thrown = new Error('mine')
    const mapped = make(2).map(numbers.sync(), async (input) => {
      if (input === 3) throw thrown
    })
    expect(await rejection(mapped)).toBe(thrown)
    expect(numbers.taken).toBeLessThanOrEqual(6)
    expect(numbers.isClosed).toBe(true)
  })

  test('unlike p-map: true cancels what runs, and rejects when it has ended', async () => {
    const executor = make(2)
    const gate = new Gate()
    const thrown = new Error('mine')
    let reason: unknown
    const mapped = executor.map([0, 1], async (input, { signal }) => {
      if (input === 1) throw thrown
      signal.addEventListener('abort', () => {
        reason = signal.reason
      })
      await gate.wait(undefined)
    })
    const watched = watch(mapped)
    await until(() => reason === thrown, 'the other to be told')
    await turns()
    expect(watched.settled).toBe(false)
    gate.open()
    expect(await rejection(mapped)).toBe(thrown)
    expect(executor.running).toBe(0)
  })

  test('false: mapSettled runs all inputs, and has the failures in their order', async () => {
    const results = await make(4).mapSettled([3, 2, 1, 0], async (input) => {
      await turns(input)
      if (input % 2 === 1) throw new Error(`${input}`)
      return input
    })
    expect(results).toEqual([
      { status: 'rejected', reason: new Error('3') },
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason: new Error('1') },
      { status: 'fulfilled', value: 0 },
    ])
  })

  test('mapSettled rejects when the iterable throws, and when it is aborted', async () => {
    const thrown = new Error('mine')
    function* inputs() {
      yield 1
      throw thrown
    }
    expect(await rejection(make().mapSettled(inputs(), (input) => input))).toBe(thrown)
    const { signal, abort } = abortable()
    const aborted = rejection(make().mapSettled([1], untilAbortedItem, { signal }))
    abort()
    expect(await aborted).toBe(signal.reason)
  })
})

const untilAbortedItem = (_input: unknown, context: ItemContext) => untilAborted(context)

describe('signal', () => {
  test('rejects with its reason, runs no further input, and reaches the mappers', async () => {
    const controller = new AbortController()
    const started: number[] = []
    const reasons: unknown[] = []
    const mapped = make(2).map(
      [1, 2, 3],
      async (input, context) => {
        started.push(input)
        await untilAborted(context).catch((reason) => reasons.push(reason))
      },
      { signal: controller.signal },
    )
    await until(() => started.length === 2, 'two to start')
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await rejection(mapped)).toBe(reason)
    await until(() => reasons.length === 2, 'both to be told')
    expect(reasons).toEqual([reason, reason])
    expect(started).toEqual([1, 2])
  })

  test('that is aborted before: nothing is taken', async () => {
    const numbers = new Numbers()
    const mapped = make().map(numbers.sync(), (input) => input, { signal: AbortSignal.abort() })
    expect(await failure(mapped)).toHaveProperty('name', 'AbortError')
    expect(numbers.taken).toBe(0)
  })
})

describe('pMapIterable', () => {
  test('preserveOrder is order: "input"', async () => {
    const slowFirst = async (input: number) => {
      await turns(3 - input)
      return input
    }
    const outputs: number[] = []
    for await (const output of make(3).stream([0, 1, 2], slowFirst, { order: 'input' })) {
      outputs.push(output)
    }
    expect(outputs).toEqual([0, 1, 2])
  })

  test('unlike p-map: the default is the order of completion', async () => {
    const gates = [new Gate(), new Gate()]
    const stream = make(2).stream([0, 1], (input) => gates[input]!.wait(input))
    const first = stream.next()
    gates[1]!.open()
    expect((await first).value).toBe(1)
    gates[0]!.open()
    expect((await stream.next()).value).toBe(0)
  })

  test.each([0, 2])('back-pressure: %d more than are in flight wait to be taken', async (ahead) => {
    const numbers = new Numbers()
    const stream = make(2).stream(numbers.sync(), async (input) => input, { readAhead: ahead })
    for (let taken = 1; taken <= 5; taken += 1) {
      await stream.next()
      await turns()
      expect(numbers.taken).toBe(taken + 2 + ahead)
    }
    await stream.return()
    expect(numbers.isClosed).toBe(true)
  })

  test('a failure comes after the outputs before it', async () => {
    const thrown = new Error('mine')
    const fail = (input: number) => (input === 2 ? Promise.reject(thrown) : input)
    const outputs: number[] = []
    const read = async () => {
      for await (const output of make(1).stream([0, 1, 2, 3], fail, { order: 'input' }))
        outputs.push(output)
    }
    expect(await rejection(read())).toBe(thrown)
    expect(outputs).toEqual([0, 1])
  })
})

test('pMapStop is leaving the loop of a stream, and pMapSkip is leaving an output out of it', async () => {
  const numbers = new Numbers()
  const even: number[] = []
  for await (const output of make(3).stream(numbers.async(), (input) => input, {
    order: 'input',
  })) {
    if (output === 7) break
    if (output % 2 === 0) even.push(output)
  }
  expect(even).toEqual([0, 2, 4, 6])
  expect(numbers.isClosed).toBe(true)
})
