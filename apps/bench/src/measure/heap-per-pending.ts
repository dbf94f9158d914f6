/** What the heap holds for each task that has been submitted and has not started. */
import { expectOutputs } from './expect-outputs.ts'

export interface PendingTasks {
  /** Sees to it that nothing that is submitted from now on can end, until what it gives is called. */
  hold(): Promise<() => void>
  submit(input: number): Promise<number>
}

/** Submissions before the measured ones. */
const WARM_UP = 1_000 // what is made once and kept has been made by then

/**
 * Submits all inputs while no task can end, and reads the heap before and after, without garbage.
 * All that a pending call needs counts, its promise too; the array of the promises does not.
 * @returns Bytes per task.
 */
export async function heapPerPending(
  inputs: readonly number[],
  { hold, submit }: PendingTasks,
): Promise<number> {
  await Promise.all(inputs.slice(0, WARM_UP).map((input) => submit(input)))
  const release = await hold()
  const pending = new Array<Promise<number>>(inputs.length)
  const before = await heapWithoutGarbage()
  for (let index = 0; index < inputs.length; index += 1) pending[index] = submit(inputs[index]!)
  const after = await heapWithoutGarbage()
  release()
  expectOutputs(await Promise.all(pending), inputs)
  return (after - before) / inputs.length
}

/** Bytes of the heap in use. */
export async function heapWithoutGarbage(): Promise<number> {
  const collectGarbage = globalThis.gc
  if (!collectGarbage) throw new Error('run node with --expose-gc')
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise(setImmediate) // what can start has started by then
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}
