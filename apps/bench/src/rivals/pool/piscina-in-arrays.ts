/** By hand on piscina: the inputs in arrays, each one task of it. */
import { piscina } from './piscina.ts'
import type { PoolRival } from './pool-rival.ts'

/** How many inputs make one task. */
const ARRAY = 256

/** For `noOp` alone: it takes a task of its own that runs arrays. */
export const piscinaInArrays: PoolRival = {
  name: 'piscina, in arrays of 256',
  role: 'by hand',
  async open(_noOp, threads) {
    const pool = await piscina.open<readonly unknown[], readonly never[]>('noOps', threads)
    return {
      run: async (input) => (await pool.run([input]))[0]!,
      map: async (inputs) => {
        const arrays = []
        for (let start = 0; start < inputs.length; start += ARRAY) {
          arrays.push(inputs.slice(start, start + ARRAY))
        }
        return (await pool.map(arrays)).flat()
      },
      close: () => pool.close(),
    }
  },
}
