import { runnerContract } from '@threeply/conformance'
import { makeRunner } from './fixtures/contract-adapter.ts'

runnerContract('detached', makeRunner, {
  adapter: new URL('./fixtures/contract-adapter.ts', import.meta.url),
  bounded: false,
  timeout: false,
  map: false,
  mapSettled: false,
  stream: false,
  queueLimit: false,
  overflow: false,
  priority: false,
  closeWaits: false,
  deadline: false,
  destroy: false,
})
