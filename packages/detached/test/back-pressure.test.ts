import { turns, until } from '@threeply/conformance'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Channel, UNREAD_LIMIT } from '../src/channel.ts'
import type { ChannelFrame } from '../src/messages.ts'
import { makeRunner, sharedWords, started } from './fixtures/runner.ts'
import { COUNT } from './fixtures/tasks.ts'

describe('a task that sends without end', () => {
  test('never has more than the limit unread', async () => {
    const words = sharedWords()
    const thread = makeRunner().spawn('flood', words)
    const sent = () => Atomics.load(words, COUNT)
    await until(() => sent() === UNREAD_LIMIT, 'the limit to be reached')
    await turns()
    expect(sent()).toBe(UNREAD_LIMIT)
    let taken = 0
    for await (const _value of thread) {
      taken += 1
      expect(sent() - taken).toBeLessThanOrEqual(UNREAD_LIMIT)
      if (taken === 1_000) break
    }
    await turns()
    expect(sent() - taken).toBeLessThanOrEqual(UNREAD_LIMIT)
  })

  test('stops when it is asked to, though nobody reads', async () => {
    const words = sharedWords()
    const thread = makeRunner({ grace: Number.POSITIVE_INFINITY }).spawn('flood', words)
    await until(() => Atomics.load(words, COUNT) === UNREAD_LIMIT, 'the limit to be reached')
    expect(await thread.stop()).toMatchObject({ reason: 'stopped' })
    expect(await thread.join()).toBe('stopped flooding')
  })

  test('stops when it is asked to inside the loop that reads', async () => {
    const thread = makeRunner({ grace: Number.POSITIVE_INFINITY }).spawn('flood', sharedWords())
    for await (const _value of thread) {
      expect(await thread.stop()).toMatchObject({ reason: 'stopped' })
    }
    expect(thread.state).toBe('exited')
  })
})

test('a farewell of many messages arrives whole, though its reader is slow', async () => {
  const words = sharedWords()
  const runner = makeRunner({ grace: Number.POSITIVE_INFINITY })
  const thread = runner.spawn('farewell', { words, count: 3_000 })
  await started(words)
  const stopped = thread.stop()
  const received: number[] = []
  for await (const value of thread) {
    received.push(value)
    if (value % 100 === 0) await turns(1)
  }
  expect(received).toEqual(Array.from({ length: 3_000 }, (_, index) => index))
  expect(await stopped).toMatchObject({ reason: 'stopped' })
})

test('a parent that sends waits for the task to take', async () => {
  const words = sharedWords()
  const thread = makeRunner().spawn('takeOnDemand', words)
  let sent = 0
  const sending = (async () => {
    for (let value = 0; value < 200; value += 1) {
      await thread.send(value)
      sent += 1
    }
  })()
  await until(() => sent === UNREAD_LIMIT, 'the limit to be reached')
  await turns()
  expect(sent).toBe(UNREAD_LIMIT)
  for (let taken = 1; taken <= 160; taken += 1) {
    Atomics.store(words, COUNT, taken)
    if (taken % 32 !== 0) continue
    await turns(1)
    expect(sent - taken).toBeLessThanOrEqual(UNREAD_LIMIT)
  }
  await sending
  await thread.stop()
  expect((await thread.join()).length).toBeLessThanOrEqual(160)
})

/** Two ends in one thread, and between them what is on its way. */
class Link {
  readonly #onTheWay: ['there' | 'back', ChannelFrame][] = []
  readonly sender = new Channel('task', (frame) => this.#onTheWay.push(['there', frame]))
  readonly receiver = new Channel('task', (frame) => this.#onTheWay.push(['back', frame]))
  delivered = 0

  deliver(count: number): void {
    for (const [way, frame] of this.#onTheWay.splice(0, count)) {
      const end = way === 'there' ? this.receiver : this.sender
      if (frame.kind === 'room') end.addRoom(frame.count)
      else end.receive(frame.message)
      if (frame.kind === 'message') this.delivered += 1
    }
  }
}

test('whatever the order of sends, deliveries and reads, the limit holds and nothing is lost', async () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant('send' as const), count: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ does: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ does: fc.constant('read' as const), count: fc.integer({ min: 1, max: 100 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const link = new Link()
      const iterator = link.receiver.messages()
      const received: unknown[] = []
      let sent = 0
      let fulfilled = 0
      let asked = 0
      const read = (count: number) => {
        asked += count
        for (let index = 0; index < count; index += 1) {
          void iterator.next().then(({ value, done }) => {
            if (!done) received.push(value)
          })
        }
      }
      for (const { does, count } of steps) {
        if (does === 'read') read(count)
        else if (does === 'deliver') link.deliver(count)
        else {
          for (let index = 0; index < count; index += 1) {
            void link.sender.send(sent++, []).then(() => {
              fulfilled += 1
            })
          }
        }
        await Promise.resolve().then(() => {}) // reactions of what settled above
        const taken = Math.min(asked, link.delivered)
        expect(fulfilled - taken).toBeLessThanOrEqual(UNREAD_LIMIT)
      }
      // Read on, and everything comes, in order.
      read(sent)
      for (let round = 0; received.length < sent && round < 2 * sent; round += 1) {
        link.deliver(Number.POSITIVE_INFINITY)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(received).toEqual(Array.from({ length: sent }, (_, index) => index))
      expect(fulfilled).toBe(sent)
    }),
    { numRuns: 300 },
  )
})
