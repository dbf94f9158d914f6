/** A stream of tasks: how long it takes, and what the heap holds meanwhile. */
import { expectEqual } from './expect-outputs.ts'
import { heapWithoutGarbage } from './heap-per-pending.ts'

/** The heap is read so many times. */
const READINGS = 20

async function* countDown(stream: AsyncIterable<number>, inputs: number) {
  let missing = inputs
  let sum = 0
  for await (const output of stream) {
    missing -= 1
    sum += output
    yield missing
  }
  expectEqual('the number of outputs that are missing', missing, 0)
  expectEqual('the sum of the outputs', sum, (inputs * (inputs - 1)) / 2)
}

/**
 * Reads a stream of the outputs 0 to `inputs` - 1, in any order, and the heap in between, without
 * garbage.
 * @returns How much the heap grew at most, in bytes for each input.
 */
export async function heapOfStream(inputs: number, open: () => AsyncIterable<number>) {
  for await (const _missing of countDown(open(), inputs)); // what is made once has been made by then
  const before = await heapWithoutGarbage()
  let most = 0
  for await (const missing of countDown(open(), inputs)) {
    if (missing % Math.ceil(inputs / READINGS) === 0) {
      most = Math.max(most, (await heapWithoutGarbage()) - before)
    }
  }
  return most / inputs
}

/** The numbers from 0, one at a time. */
export function* counting(length: number): Generator<number> {
  for (let input = 0; input < length; input += 1) yield input
}
