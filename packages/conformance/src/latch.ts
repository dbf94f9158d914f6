/**
 * Lets a test hold tasks, on this thread or on others, and wait for conditions instead of sleeping:
 * a few words of shared memory that travel in a task's input.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** Where each word of a latch is. Tasks add to the counts, the test alone writes `released`. */
export const LATCH = {
  started: 0,
  released: 1,
  ended: 2,
  cancelled: 3,
  running: 4,
  peak: 5,
} as const

/** How long a test waits for a condition: long, for a machine that is busy with others. */
const PATIENCE = 30_000

export class Latch {
  readonly words: Int32Array = new Int32Array(new SharedArrayBuffer(64))

  constructor() {
    onTestFinished(() => this.release()) // a task that ignores its cancellation ends all the same
  }

  /** The input of the tasks that are held; `output` is what they give once released. */
  input(output: unknown = 'released'): { words: Int32Array; output: unknown } {
    return { words: this.words, output }
  }

  count(word: keyof typeof LATCH): number {
    return Atomics.load(this.words, LATCH[word])
  }

  /** Waits until so many tasks have started. */
  async started(count = 1): Promise<void> {
    await until(() => this.count('started') >= count, `${count} tasks to start`)
    await turns(2) // the runner may hear of it by message, which has been sent before
  }

  /** Waits until so many tasks have ended, however they ended. */
  async ended(count = 1): Promise<void> {
    await until(() => this.count('ended') >= count, `${count} tasks to end`)
  }

  release(): void {
    Atomics.store(this.words, LATCH.released, 1)
    Atomics.notify(this.words, LATCH.released)
  }
}

/** Waits for `condition`, and says what it waited for when it does not come. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUp = performance.now() + PATIENCE
  while (!condition()) {
    if (performance.now() > giveUp) throw new Error(`waited ${PATIENCE} ms in vain for ${what}`)
    await delay(1)
  }
}

/**
 * Gives what should *not* happen its chance to: some turns of the event loop. A test that only
 * passes because they were too few is never wrong about a runner that keeps its promise.
 */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  await delay(count)
}
