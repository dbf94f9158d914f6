/** A short `pnpm soak executor`, in a process of its own, as its timers are counted. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../../scripts/soak.ts', import.meta.url))

test('nothing is wrong after some thousand calls', { timeout: 60_000 }, async () => {
  const args = ['--conditions=@threeply/source', SCRIPT, 'executor', '--minutes', '0.03']
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--seed', '20261128'])
  const figures = JSON.parse(stdout.trim().split('\n').at(-1)!)
  expect(figures.calls).toBeGreaterThan(1_000)
  for (const outcome of ['fulfilled', 'failed', 'aborted', 'timed out', 'dropped', 'refused']) {
    expect(figures[outcome]).toBeGreaterThan(0)
  }
})
