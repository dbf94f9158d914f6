/** A consumer's project: a fresh folder outside the workspace with the packed packages installed. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const workspace = fileURLToPath(new URL('../../../', import.meta.url))
const programs = fileURLToPath(new URL('../programs/', import.meta.url))
const typescript = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))

export interface Consumer {
  /** Its folder; the path has a space, a % and a #, as paths of users do. */
  readonly folder: string
  /** Runs one of its programs with the given Node.js and gives what it printed. */
  run(node: string, program: string): Promise<string>
  /** Checks its TypeScript program against the packed types; rejects with the compiler's words. */
  checkTypes(): Promise<void>
  remove(): Promise<void>
}

/** Packs every public package, installs the tarballs with npm and copies the programs there. */
export async function createConsumer(): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'packed consumer 100% #'))
  await cp(programs, folder, { recursive: true })
  const tarballs = await packAll(folder)
  await writeManifest(folder, tarballs)
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder })
  return {
    folder,
    run: async (node, program) =>
      (await run(node, [join(folder, program)], { cwd: folder })).stdout,
    checkTypes: async () => {
      await run(process.execPath, [typescript, '-p', folder], { cwd: folder }).catch(
        (error: { stdout?: string }) => {
          throw new Error(`the packed types do not fit:\n${error.stdout}`, { cause: error })
        },
      )
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The public packages' names, each with the tarball that `pnpm pack` made of it. */
async function packAll(folder: string): Promise<ReadonlyMap<string, string>> {
  const tarballs = new Map<string, string>()
  const packages = join(workspace, 'packages')
  for (const name of await readdir(packages)) {
    const manifest = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8'))
    if (manifest.private) continue
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(packages, name) })
    const tarball = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
    tarballs.set(manifest.name, tarball)
  }
  return tarballs
}

async function writeManifest(folder: string, tarballs: ReadonlyMap<string, string>): Promise<void> {
  const dependencies = Object.fromEntries(
    [...tarballs].map(([name, tarball]) => [name, `file:./${tarball}`]),
  )
  const manifest = {
    name: 'packed-consumer',
    private: true,
    dependencies: { ...dependencies, '@types/node': '^26.0.0' },
    // What the packages need of each other comes from the tarballs too, never from a registry.
    overrides: Object.fromEntries([...tarballs.keys()].map((name) => [name, `$${name}`])),
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
}
