/** The suite can be passed by a runner that crosses threads. */
import { runnerContract } from '../src/index.ts'
import { makeRunner } from './thread-runner.ts'

runnerContract('a small runner with a thread for each task', makeRunner, {
  crowd: 12, // each costs the start of a thread
  adapter: new URL('./thread-runner.ts', import.meta.url),
})
