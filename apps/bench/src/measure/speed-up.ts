/** How many times faster than the plain loop, which runs in the same process just before. */
import { median } from 'simple-statistics'
import { expectOutputs } from './expect-outputs.ts'

/** Loop and subject in turn, so many times. */
const PASSES = 3 // enough for a median

/**
 * Times `parallel` against the plain loop over `inputs`, in turn; one pass of each goes first
 * unmeasured. The loop's outputs are what `parallel` must give.
 * @returns The median of loop time ÷ parallel time.
 */
export async function speedUp<Input>(
  inputs: readonly Input[],
  task: (input: Input) => unknown,
  parallel: (inputs: readonly Input[]) => Promise<readonly unknown[]>,
): Promise<number> {
  const ratios: number[] = []
  for (let pass = 0; pass <= PASSES; pass += 1) {
    const loopStart = performance.now()
    const expected = inputs.map((input) => task(input))
    const parallelStart = performance.now()
    const outputs = await parallel(inputs)
    const end = performance.now()
    expectOutputs(outputs, expected)
    if (pass > 0) ratios.push((parallelStart - loopStart) / (end - parallelStart))
  }
  return median(ratios)
}
