/** The Node.js versions of the matrix, from npm, kept in a cache outside the workspace. */
import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The oldest that `engines` allows, and the newest of each later line. */
export const NODE_VERSIONS = ['20.19.0', '22.23.3', '24.21.0', '26.10.0'] as const

/** Installs what is missing of the versions, and gives each one's executable. */
export async function installNodeVersions(): Promise<ReadonlyMap<string, string>> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'threeply-node')
  const executables = new Map(
    NODE_VERSIONS.map((version) => [version, join(folder, 'node_modules', alias(version), binary)]),
  )
  if (!(await allExist([...executables.values()]))) await install(folder)
  return executables
}

const platform = process.platform === 'win32' ? 'win' : process.platform

const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'

function alias(version: string): string {
  return `node-${version}`
}

async function install(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const dependencies = Object.fromEntries(
    NODE_VERSIONS.map((version) => [
      alias(version),
      `npm:node-${platform}-${process.arch}@${version}`,
    ]),
  )
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'threeply-node', private: true, dependencies }, null, 2),
  )
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder })
}

async function allExist(files: readonly string[]): Promise<boolean> {
  const results = await Promise.allSettled(files.map((file) => access(file)))
  return results.every((result) => result.status === 'fulfilled')
}
