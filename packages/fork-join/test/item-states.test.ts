/** An item is either started by the thread or withdrawn by the parent, however they race. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ItemState, ItemStates, PAGE } from '../src/item-states.ts'

test('each item is started or withdrawn, never both and never neither', {
  timeout: 60_000,
}, async () => {
  const states = new ItemStates()
  const started = new Int32Array(new SharedArrayBuffer(4 * PAGE))
  states.prepare(0, PAGE)
  const workerData = { page: states.fresh, started, count: PAGE }
  const worker = new Worker(new URL('./fixtures/starter.ts', import.meta.url), { workerData })
  onTestFinished(async () => void (await worker.terminate()))
  let met = 0
  for (let round = 0; round < 50; round += 1) {
    states.prepare(0, PAGE)
    started.fill(0)
    const done = once(worker, 'message')
    worker.postMessage('start')
    while (Atomics.load(started, 0) === 0); // it is at work
    // From the other end, so that both meet somewhere.
    const withdrawn = new Array<boolean>(PAGE)
    for (let item = PAGE - 1; item >= 0; item -= 1) withdrawn[item] = states.withdraw(item)
    await done
    const wrong = withdrawn.filter((isWithdrawn, item) => {
      return (started[item] === 1) === isWithdrawn || states.hasStarted(item) === isWithdrawn
    })
    expect(wrong).toEqual([])
    if (withdrawn.includes(true) && withdrawn.includes(false)) met += 1
  }
  expect(met).toBeGreaterThan(0)
})

describe('a page', () => {
  test('is used again after the other, from its start, and flags with it', () => {
    const { parent, thread, prepare } = bothSides()
    for (let first = 0; first < 2 * PAGE; first += PAGE) prepare(first, PAGE)
    const first = 3 * PAGE - 5
    prepare(first - PAGE, PAGE)
    for (let item = first; item < first + 5; item += 1) {
      expect(thread.start(item)).toBe(true)
      parent.at(item).cancel()
      expect(isCancelled(thread.at(item))).toBe(true)
    }
    prepare(first + 5, 2 * PAGE)
    for (let item = first + 2 * PAGE; item < first + 2 * PAGE + 5; item += 1) {
      expect(isCancelled(thread.at(item))).toBe(false)
      expect(parent.hasStarted(item)).toBe(false)
    }
    expect(parent.fresh).toBeUndefined()
  })

  test('is left to an item that has forked, for as long as that lives', () => {
    const { parent, thread, prepare } = bothSides()
    prepare(0, 10)
    thread.start(3)
    const seen = thread.at(3)
    seen.fork()
    const held = parent.at(3)
    parent.pin(3)
    for (let first = 10; first < 3 * PAGE - 1_000; first += 1_000) prepare(first, 1_000)
    for (let item = 2 * PAGE; item < 2 * PAGE + 10; item += 1) thread.start(item)
    expect(held.isForked).toBe(true)
    expect(isCancelled(seen)).toBe(false)
    held.cancel()
    expect(isCancelled(seen)).toBe(true)
    expect(isCancelled(thread.at(2 * PAGE + 3))).toBe(false)
    seen.end()
    expect(held.hasEnded).toBe(true)
    expect(parent.at(2 * PAGE + 3).isForked).toBe(false)
  })
})

function bothSides() {
  const parent = new ItemStates()
  const thread = new ItemStates()
  const prepare = (first: number, count: number) => {
    parent.prepare(first, count)
    if (parent.fresh !== undefined) thread.install(parent.fresh)
    parent.delivered()
  }
  return { parent, thread, prepare }
}

function isCancelled({ words, index }: ItemState): boolean {
  return Atomics.load(words, index) !== 0
}
