/**
 * The nine claims, in order: one file each, added by adding it here. A claim is loaded by the process
 * that measures it, and by no other.
 */
import type { Experiment } from '../experiment.ts'

export interface Claim {
  /** 1 to 9. */
  readonly id: number
  /** One word for file names and the command line: `races`. */
  readonly slug: string
  load(): Promise<Experiment>
}

export const claims: readonly Claim[] = [
  { id: 1, slug: 'races', load: async () => (await import('./01-races.ts')).races },
  { id: 2, slug: 'memory', load: async () => (await import('./02-memory.ts')).memory },
  { id: 3, slug: 'platform', load: async () => (await import('./03-platform.ts')).platform },
  { id: 4, slug: 'fork-join', load: async () => (await import('./04-fork-join.ts')).forkJoin },
  { id: 5, slug: 'detached', load: async () => (await import('./05-detached.ts')).detached },
  { id: 6, slug: 'cpu', load: async () => (await import('./06-cpu.ts')).cpu },
  { id: 7, slug: 'io', load: async () => (await import('./07-io.ts')).io },
  { id: 8, slug: 'order', load: async () => (await import('./08-order.ts')).order },
  { id: 9, slug: 'fit', load: async () => (await import('./09-fit.ts')).fit },
]
