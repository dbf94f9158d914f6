/** What a user gets from the packages on every Node.js line that they promise to run on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, createConsumer } from '../src/consumer.ts'
import { installNodeVersions, NODE_VERSIONS } from '../src/node-versions.ts'

const MINUTES = 60_000

let consumer: Consumer
let executables: ReadonlyMap<string, string>

beforeAll(async () => {
  executables = await installNodeVersions()
  consumer = await createConsumer()
}, 10 * MINUTES)

afterAll(() => consumer?.remove())

describe.each(NODE_VERSIONS)('Node.js %s', (version) => {
  test.each(['imported.mjs', 'required.cjs'])(
    '%s does every job',
    { timeout: MINUTES },
    async (program) => {
      const node = executables.get(version)
      if (node === undefined) throw new Error(`Node.js ${version} was not installed`)
      expect(await consumer.run(node, program)).toBe('every job done\n')
    },
  )
})
