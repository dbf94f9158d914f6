/** Outputs while the rest runs: order, read-ahead, leaving, failing. */
import { rejection, turns, until } from '@threeply/conformance'
import { AsyncExecutor } from '@threeply/executor'
import { describe, expect, test } from 'vitest'
import { Gate, untilAborted } from './fixtures/gate.ts'

const make = (concurrency = 2) => new AsyncExecutor({ concurrency })

describe('order', () => {
  test('is of completion by default', async () => {
    const gates = [new Gate(), new Gate(), new Gate()]
    const stream = make(3).stream([0, 1, 2], (input) => gates[input]!.wait(input))
    const outputs: number[] = []
    const next = stream.next()
    gates[1]!.open()
    outputs.push((await next).value!)
    gates[2]!.open()
    outputs.push((await stream.next()).value!)
    gates[0]!.open()
    for await (const output of stream) outputs.push(output)
    expect(outputs).toEqual([1, 2, 0])
  })

  test('of the inputs when asked for, with their places', async () => {
    const stream = make(3).stream(
      [3, 0, 1],
      async (input) => {
        await turns(input)
        return `output ${input}`
      },
      { order: 'input', indexed: true },
    )
    const outputs: [number, string][] = []
    for await (const output of stream) outputs.push(output)
    expect(outputs).toEqual([
      [0, 'output 3'],
      [1, 'output 0'],
      [2, 'output 1'],
    ])
  })
})

describe('reading ahead', () => {
  test('all lanes are used, however little is read ahead', async () => {
    const executor = make(4)
    let peak = 0
    const stream = executor.stream(
      Array(40).keys(),
      async (input) => {
        peak = Math.max(peak, executor.running)
        await turns(1)
        return input
      },
      { readAhead: 0 },
    )
    let count = 0
    for await (const _output of stream) count += 1
    expect(count).toBe(40)
    expect(peak).toBe(4)
  })

  test.each([0, 1, 3])('%i outputs beside what is in flight', async (readAhead) => {
    const executor = make(2)
    let started = 0
    const stream = executor.stream(
      Array(100).keys(),
      () => {
        started += 1
      },
      { readAhead },
    )
    await stream.next()
    await turns()
    expect(started).toBe(1 + 2 + readAhead)
    await stream.next()
    await turns()
    expect(started).toBe(2 + 2 + readAhead)
    await stream.return()
  })

  test('nothing is pulled before the first output is asked for', async () => {
    let pulled = 0
    function* inputs() {
      pulled += 1
      yield 1
    }
    const stream = make().stream(inputs(), (input) => input)
    await turns()
    expect(pulled).toBe(0)
    expect(await stream.next()).toEqual({ done: false, value: 1 })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('several may be asked for at once', async () => {
    const stream = make(2).stream([1, 2, 3], (input) => input)
    const results = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()])
    expect(results.map(({ value }) => value)).toEqual([1, 2, 3, undefined])
  })
})

describe('leaving', () => {
  test('waits until what runs has ended, and the inputs are closed', async () => {
    const executor = make(3)
    let isClosed = false
    async function* inputs() {
      try {
        for (let input = 0; ; input += 1) yield input
      } finally {
        await turns(1)
        isClosed = true
      }
    }
    const task = (input: number, context: { readonly signal: AbortSignal }) =>
      input === 0 ? input : untilAborted(context)
    for await (const output of executor.stream(inputs(), task)) {
      expect(output).toBe(0)
      break
    }
    expect(isClosed).toBe(true)
    expect(executor.running).toBe(0)
  })

  test('rejects with what closing the inputs throws, as leaving any loop does', async () => {
    const thrown = new Error('mine')
    function* inputs() {
      try {
        yield 1
        yield 2
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what is tested
        throw thrown
      }
    }
    const read = async () => {
      for await (const _output of make(1).stream(inputs(), (input) => input, { readAhead: 0 }))
        break
    }
    expect(await rejection(read())).toBe(thrown)
  })

  test('before reading pulls nothing, and ends it', async () => {
    let pulled = 0
    function* inputs() {
      pulled += 1
      yield 1
    }
    const executor = make()
    const stream = executor.stream(inputs(), (input) => input)
    expect(await stream.return()).toEqual({ done: true, value: undefined })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(pulled).toBe(0)
    await executor.close()
  })

  test('twice is leaving once', async () => {
    const stream = make().stream(Array(9).keys(), (_input, context) => untilAborted(context))
    const next = stream.next()
    await turns()
    const left = { done: true, value: undefined }
    expect(await Promise.all([stream.return(), stream.return(), next])).toEqual([left, left, left])
  })

  test('await using leaves', async () => {
    const executor = make()
    {
      await using stream = executor.stream(Array(9).keys(), (input) => input)
      await stream.next()
    }
    await executor.close()
    expect(executor.running).toBe(0)
  })
})

describe('failing', () => {
  test('what can still be yielded is, and then comes the error', async () => {
    const executor = make(3)
    const gate = new Gate()
    const stream = executor.stream(
      [0, 1, 2],
      async (input) => {
        if (input === 1) {
          await gate.wait(1)
          throw new Error('mine')
        }
        return input
      },
      { onFailure: 'drain' },
    )
    const first = await stream.next()
    await until(() => executor.running === 1, 'the others to end')
    gate.open()
    await turns()
    expect([first.value, (await stream.next()).value]).toEqual([0, 2])
    expect(await rejection(stream.next())).toHaveProperty('message', 'mine')
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  test('an abort comes at once, whatever could have been yielded', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const stream = make(2).stream(Array(9).keys(), (input) => input, { signal })
    await stream.next()
    await turns()
    controller.abort(new Error('stop'))
    expect(await rejection(stream.next())).toBe(signal.reason)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })
})
