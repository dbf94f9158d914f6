/** How long the caller of one task waits, when nothing else is going on. */
import { quantile } from 'simple-statistics'
import { expectEqual } from './expect-outputs.ts'

/** Calls before the measured ones. */
const WARM_UP = 2_000 // enough for V8 to have compiled the way there and back

/**
 * Awaits `run` for one input after the other.
 * @returns The quantile `q` of a call's time, in microseconds.
 */
export async function latency(
  calls: number,
  q: number,
  run: (input: number) => Promise<number>,
): Promise<number> {
  for (let input = 0; input < WARM_UP; input += 1)
    expectEqual('the output', await run(input), input)
  const times = new Float64Array(calls)
  for (let input = 0; input < calls; input += 1) {
    const start = performance.now()
    const output = await run(input)
    times[input] = performance.now() - start
    expectEqual('the output', output, input)
  }
  return quantile(Array.from(times), q) * 1_000
}
