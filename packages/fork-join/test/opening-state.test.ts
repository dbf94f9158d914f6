/** A setup either begins, and its teardown follows, or its thread is ended before, however they race. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { OpeningState } from '../src/opening-state.ts'

const COUNT = 4_096

test('a setup that begins is never ended as if it had not', { timeout: 60_000 }, async () => {
  const states = new Int32Array(new SharedArrayBuffer(8 * COUNT))
  const begun = new Int32Array(new SharedArrayBuffer(4 * COUNT))
  const url = new URL('./fixtures/opener.ts', import.meta.url)
  const worker = new Worker(url, { workerData: { states, begun } })
  onTestFinished(async () => void (await worker.terminate()))
  let met = 0
  for (let round = 0; round < 50; round += 1) {
    states.fill(0)
    begun.fill(0)
    const done = once(worker, 'message')
    worker.postMessage('begin')
    while (Atomics.load(begun, 0) === 0); // it is at work
    // From the other end, so that both meet somewhere.
    const ended = new Array<boolean>(COUNT)
    for (let nth = COUNT - 1; nth >= 0; nth -= 1) {
      ended[nth] = new OpeningState(states.subarray(2 * nth, 2 * nth + 2)).endBeforeSetup()
    }
    await done
    expect(ended.filter((isEnded, nth) => isEnded === (begun[nth] === 1))).toEqual([])
    if (ended.includes(true) && ended.includes(false)) met += 1
  }
  expect(met).toBeGreaterThan(0)
})
