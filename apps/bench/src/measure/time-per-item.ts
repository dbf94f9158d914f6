/** The cost of one item, from timing a whole pass over many. */
import { median } from 'simple-statistics'

/** Short passes are repeated until the window is this long. */
const MIN_WINDOW = 300 // a thousand times what the clock and one small collection of garbage take

/**
 * Times `pass`, warm: once over it unmeasured, then again and again for at least
 * {@link MIN_WINDOW}; the figure is that of the median pass.
 * @param pass Works on all items, and may be asynchronous.
 * @param check Gets what each pass gave, the warm-up's included, outside of the measured window.
 * @returns Nanoseconds per item.
 */
export async function timePerItem<Output>(
  items: number,
  pass: () => Output,
  check: (output: Awaited<Output>) => void,
): Promise<number> {
  check(await pass())
  const passes: number[] = []
  for (let window = 0; window < MIN_WINDOW; window += passes.at(-1)!) {
    const start = performance.now()
    const output = await pass()
    passes.push(performance.now() - start)
    check(output)
  }
  return (median(passes) / items) * 1e6
}
