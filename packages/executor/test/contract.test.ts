/** What every runner promises. */
import { runnerContract } from '@threeply/conformance'
import { makeRunner } from './fixtures/contract-runner.ts'

runnerContract('executor', makeRunner, {
  crossesThreads: false,
  adapter: new URL('./fixtures/contract-runner.ts', import.meta.url),
})
