/** Fails when a package has changed without a changeset, compared with the best base that is there. */
import { spawnSync } from 'node:child_process'

const isCommit = (revision: string): boolean =>
  spawnSync('git', ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]).status === 0

// A branch is compared with main; a clone that has no main (a detached checkout) with itself.
const base = ['origin/main', 'main', 'HEAD'].find(isCommit)

if (base === undefined) {
  console.error(
    'changeset-status: this checkout has no commits, so there is nothing to compare with',
  )
  process.exitCode = 1
} else {
  const { status } = spawnSync('changeset', ['status', '--since', base], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
}
