/** The pool as the contract of all runners knows it. */
import type { MakeRunner } from '@threeply/conformance'
import { ForkJoinPool } from '../src/index.ts'

export const makeRunner: MakeRunner = (module, { concurrency, ...options }) =>
  new ForkJoinPool(module, { threads: concurrency, ...options })
