/** The suite can be passed by a runner of functions. */
import { runnerContract } from '../src/index.ts'
import { makeRunner } from './inline-runner.ts'

runnerContract('a small runner on the same thread', makeRunner, {
  crossesThreads: false,
  adapter: new URL('./inline-runner.ts', import.meta.url),
})
