/** Tasks that do nothing but fork; each gives how many were forked below it. */
import type { ForkContext } from '@threeply/fork-join'

export type ForkingTasks = typeof import('./threeply-forks.ts')

export async function chain(forks: number, { fork }: ForkContext<ForkingTasks>): Promise<number> {
  return forks === 0 ? 0 : 1 + (await fork('chain', forks - 1))
}

export async function tree(forks: number, { fork }: ForkContext<ForkingTasks>): Promise<number> {
  if (forks === 0) return 0
  if (forks === 1) return 1 + (await fork('tree', 0))
  const right = Math.floor((forks - 2) / 2)
  const below = await Promise.all([fork('tree', forks - 2 - right), fork('tree', right)])
  return 2 + below[0] + below[1]
}
