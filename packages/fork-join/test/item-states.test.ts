/** An item is either started by the thread or withdrawn by the parent, however they race. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { ItemStates, WINDOW } from '../src/item-states.ts'

test('each item is started or withdrawn, never both and never neither', {
  timeout: 60_000,
}, async () => {
  const states = new ItemStates()
  const started = new Int32Array(new SharedArrayBuffer(4 * WINDOW))
  const workerData = { buffer: states.buffer, started, count: WINDOW }
  const worker = new Worker(new URL('./fixtures/starter.ts', import.meta.url), { workerData })
  onTestFinished(async () => void (await worker.terminate()))
  for (let round = 0; round < 50; round += 1) {
    states.prepare(0, WINDOW)
    started.fill(0)
    const done = once(worker, 'message')
    worker.postMessage('start')
    // From the other end, so that both meet somewhere.
    const withdrawn = new Array<boolean>(WINDOW)
    for (let item = WINDOW - 1; item >= 0; item -= 1) withdrawn[item] = states.withdraw(item)
    await done
    const wrong = withdrawn.filter((isWithdrawn, item) => {
      return (started[item] === 1) === isWithdrawn || states.hasStarted(item) === isWithdrawn
    })
    expect(wrong).toEqual([])
  }
})

test('a window is used again from its start, and flags with it', () => {
  const states = new ItemStates()
  const first = 3 * WINDOW - 5
  states.prepare(first, 10)
  const other = new ItemStates(states.buffer)
  for (let item = first; item < first + 10; item += 1) {
    states.cancel(item)
    expect(other.start(item)).toBe(true)
  }
  states.prepare(first + WINDOW, 10)
  for (let item = first + WINDOW; item < first + WINDOW + 10; item += 1) {
    const { words, index } = other.flag(item)
    expect(Atomics.load(words, index)).toBe(0)
    expect(states.hasStarted(item)).toBe(false)
  }
})
