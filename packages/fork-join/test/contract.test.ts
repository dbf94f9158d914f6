import { runnerContract } from '@threeply/conformance'
import { makeRunner } from './contract-adapter.ts'

runnerContract('fork-join', makeRunner, {
  adapter: new URL('./contract-adapter.ts', import.meta.url),
})
