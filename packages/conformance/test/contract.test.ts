import { runnerContract } from '../src/index.ts'
import { makeRunner } from './inline-runner.ts'

runnerContract('a small inline runner', makeRunner, {
  crossesThreads: false,
  adapter: new URL('./inline-runner.ts', import.meta.url),
})
