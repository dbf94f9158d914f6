/** Whether memory stays flat while millions of inputs pass through. */
import { expectEqual } from './expect-outputs.ts'

/** Readings of the heap on the way. */
const READINGS = 20

/** Inputs of the pass that warms up. */
const WARM_UP = 100_000

/**
 * Hands `work` a generator of `inputs` numbers, and reads the heap without garbage before it and
 * again and again while it pulls.
 * @param work Runs all inputs; gives how many outputs it saw.
 * @returns By how many bytes the heap had grown when it was largest.
 */
export async function peakGrowth(
  inputs: number,
  work: (inputs: Iterable<number>) => Promise<number>,
): Promise<number> {
  await work(counting(WARM_UP, () => {}))
  const before = heapWithoutGarbage()
  let peak = before
  const interval = Math.ceil(inputs / READINGS)
  const seen = await work(
    counting(inputs, (input) => {
      if (input % interval === interval - 1) peak = Math.max(peak, heapWithoutGarbage())
    }),
  )
  expectEqual('the number of outputs', seen, inputs)
  return Math.max(1, peak - before)
}

function* counting(length: number, onInput: (input: number) => void): Generator<number> {
  for (let input = 0; input < length; input += 1) {
    onInput(input)
    yield input
  }
}

function heapWithoutGarbage(): number {
  const collectGarbage = globalThis.gc
  if (!collectGarbage) throw new Error('run node with --expose-gc')
  collectGarbage()
  return process.memoryUsage().heapUsed
}
