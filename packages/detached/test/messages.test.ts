import { failure } from '@threeply/conformance'
import { ClosedError, InvalidOptionError, TaskSerializationError } from '@threeply/task'
import { describe, expect, test } from 'vitest'
import { makeRunner, sharedWords, started } from './fixtures/runner.ts'

describe('both ways', () => {
  test('messages arrive in order, and stop ends the loop of the task', async () => {
    const thread = makeRunner().spawn('echo', 'got ')
    await thread.send('a') // before the thread has started
    await thread.ready
    const sending = (async () => {
      for (let index = 0; index < 500; index += 1) await thread.send(`${index}`)
    })()
    const received: string[] = []
    for await (const message of thread) {
      received.push(message)
      if (received.length === 501) break
    }
    await sending
    expect(received[0]).toBe('got a')
    expect(received.slice(1)).toEqual(Array.from({ length: 500 }, (_, index) => `got ${index}`))
    expect(await thread.stop()).toMatchObject({ reason: 'stopped' })
    expect(await thread.join()).toBe(501)
  })

  test('what was sent before stop is still received', async () => {
    const thread = makeRunner().spawn('echo', '')
    await thread.ready
    for (let index = 0; index < 50; index += 1) void thread.send(`${index}`)
    void thread.stop()
    const received: string[] = []
    for await (const message of thread) received.push(message)
    expect(received).toHaveLength(50)
    expect(await thread.join()).toBe(50)
  })

  test('a message may be moved there', async () => {
    const thread = makeRunner().spawn('sumBytes')
    const bytes = new Uint8Array(1_000).fill(2)
    await thread.send(bytes, [bytes.buffer])
    expect(bytes.byteLength).toBe(0)
    expect(await thread.join()).toBe(2_000)
  })

  test('a message may be moved here', async () => {
    const thread = makeRunner().spawn('sendBuffer', 4_096)
    for await (const bytes of thread) expect(bytes).toEqual(new Uint8Array(4_096).fill(7))
    expect(await thread.join()).toBe(0)
  })

  test('undefined is a message like any other', async () => {
    const thread = makeRunner().spawn('loopAnew')
    await thread.send(undefined as unknown as string)
    await thread.send('b')
    await thread.ready
    await thread.stop()
    expect(await thread.join()).toEqual([undefined, 'b'])
  })
})

describe('iteration', () => {
  test('ends when the thread has, after the last message', async () => {
    const thread = makeRunner().spawn('countTo', 1_000)
    const received: number[] = []
    for await (const value of thread) received.push(value)
    expect(received).toEqual(Array.from({ length: 1_000 }, (_, index) => index))
    expect(await thread.join()).toBe(1_000)
  })

  test('gives after the end what was sent before it', async () => {
    const thread = makeRunner().spawn('countTo', 10)
    await thread.join()
    const received: number[] = []
    for await (const value of thread) received.push(value)
    expect(received).toHaveLength(10)
    for await (const value of thread) expect(value).toBe('none is left')
  })

  test('gives what the task did not await before its output', async () => {
    const thread = makeRunner().spawn('countUnawaited', 5_000)
    const received: number[] = []
    for await (const value of thread) received.push(value)
    expect(received).toEqual(Array.from({ length: 5_000 }, (_, index) => index))
    expect(await thread.join()).toBe('output')
  })

  test.each([
    ['sendAndFail', 'failed after sending'],
    ['sendAndExit', 'exited with code 3'],
  ] as const)('ends without an error when the thread fails: %s', async (name, message) => {
    const thread = makeRunner().spawn(name)
    const received: string[] = []
    for await (const text of thread) received.push(text)
    expect(received).toEqual(['last words'])
    expect((await failure(thread.join())).message).toContain(message)
  })

  test('ends when the thread never starts', async () => {
    const signal = AbortSignal.abort()
    for await (const value of makeRunner().spawn('countTo', 3, { signal })) {
      expect(value).toBe('there is none')
    }
  })

  test('left with break, it goes on where it was in the next loop', async () => {
    const thread = makeRunner().spawn('countTo', 200)
    const received: number[] = []
    while (received.length < 200) {
      for await (const value of thread) {
        received.push(value)
        if (value % 7 === 0) break
      }
    }
    expect(received).toEqual(Array.from({ length: 200 }, (_, index) => index))
    expect(await thread.join()).toBe(200)
  })

  test('so it is in the task', async () => {
    const thread = makeRunner().spawn('loopAnew')
    for (let index = 0; index < 100; index += 1) await thread.send(`${index}`)
    await thread.ready
    await thread.stop()
    expect(await thread.join()).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`))
  })

  test('by two loops at once gives each message to one of them', async () => {
    const thread = makeRunner().spawn('countTo', 1_000)
    const shares: [number[], number[]] = [[], []]
    const read = async (share: number[]) => {
      for await (const value of thread) share.push(value)
    }
    await Promise.all(shares.map(read))
    const all = shares.flat()
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, index) => index))
    expect(Math.min(...shares.map(({ length }) => length))).toBeGreaterThan(0)
  })

  test('an iterator that is returned lets go of what it waits for', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('farewell', { words, count: 2 })
    const left = thread[Symbol.asyncIterator]()
    const waiting = left.next()
    await left.return?.()
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect(await left.next()).toEqual({ value: undefined, done: true })
    await started(words)
    void thread.stop()
    const received: number[] = []
    for await (const value of thread) received.push(value)
    expect(received).toEqual([0, 1])
  })
})

describe('send', () => {
  test('to a thread that has ended rejects', async () => {
    const thread = makeRunner().spawn('echo', '')
    await thread.terminate()
    const error = await failure(thread.send('too late'))
    expect(error).toBeInstanceOf(ClosedError)
    expect(error.code).toBe('ERR_THREEPLY_CLOSED')
    expect(error.message).toContain("thread 1 ('echo') has ended")
  })

  test('to a thread that never started rejects', async () => {
    const thread = makeRunner().spawn('echo', '', { signal: AbortSignal.abort() })
    expect(await failure(thread.send('too late'))).toBeInstanceOf(ClosedError)
  })

  test('to a thread that is asked to stop rejects', async () => {
    const thread = makeRunner().spawn('echo', '')
    await thread.ready
    const stopped = thread.stop()
    expect(await failure(thread.send('too late'))).toBeInstanceOf(ClosedError)
    await stopped
  })

  test('that waits for room rejects when the thread ends', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('takeOnDemand', words)
    const sends = Array.from({ length: 70 }, (_, index) => thread.send(index))
    await Promise.all(sends.slice(0, 64))
    const waiting = sends.slice(64).map((send) => failure(send))
    await thread.terminate()
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(ClosedError)
  })

  test('refuses what cannot be cloned, says where it is, and goes on', async () => {
    const thread = makeRunner().spawn('loopAnew')
    const message = { socket: () => {} } as unknown as string
    const error = await failure(thread.send(message))
    expect(error).toBeInstanceOf(TaskSerializationError)
    expect(error.path).toBe('message.socket')
    await thread.send('fine')
    await thread.ready
    await thread.stop()
    expect(await thread.join()).toEqual(['fine'])
  })

  test('refuses so in the task too', async () => {
    const thread = makeRunner().spawn('sendUncloneable')
    const received: unknown[] = []
    for await (const message of thread) received.push(message)
    expect(received).toEqual(['and goes on'])
    expect(await thread.join()).toBe('message.rows[1].save')
  })

  test('refuses a transfer list that is none', async () => {
    const thread = makeRunner().spawn('echo', '')
    const error = await failure(thread.send('a', new ArrayBuffer(1) as unknown as []))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error.option).toBe('transfer')
  })
})
