/** A suite for the tests: one subject gives no number, one exits, one throws, one only at first. */
import { existsSync, writeFileSync } from 'node:fs'
import type { Role, Subject, Suite } from '../../src/suite.ts'

export const suite: Suite = {
  title: 'subjects that give no figure',
  unit: 'ns',
  cases: [
    only('no number', async () => Number.NaN),
    only('exit', async () => process.exit(7)),
    only('pending', () => new Promise(() => {})),
    only('throw', async () => {
      throw new RangeError('no such luck')
    }),
    only('exit once', exitOnce),
    only('exit once, ours', exitOnce, 'ours'),
  ],
}

function only(name: string, measure: Subject['measure'], role: Role = 'peer') {
  return { name, items: 1, subjects: [{ name: 'subject', role, measure }] }
}

async function exitOnce(): Promise<number> {
  const trace = process.env.BENCH_TEST_TRACE!
  if (existsSync(trace)) return 1
  writeFileSync(trace, '')
  process.exit(7)
}
