/** The suite can be passed, by a runner of each kind. */
import { runnerContract } from '../src/index.ts'
import { makeRunner as makeInlineRunner } from './inline-runner.ts'
import { makeRunner as makeThreadRunner } from './thread-runner.ts'

runnerContract('a small runner on the same thread', makeInlineRunner, {
  crossesThreads: false,
  adapter: new URL('./inline-runner.ts', import.meta.url),
})

runnerContract('a small runner with a thread for each task', makeThreadRunner, {
  crowd: 12, // each costs the start of a thread
  adapter: new URL('./thread-runner.ts', import.meta.url),
})
