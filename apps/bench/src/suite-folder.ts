/** A folder of suites: each file is one, and its name is the suite's. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { BenchError } from './failure.ts'
import type { Suite } from './suite.ts'

export const OWN_SUITES = fileURLToPath(new URL('./suites', import.meta.url))

export interface NamedSuite extends Suite {
  readonly name: string
}

/**
 * Loads the suites `names` of `folder`, in the order asked for; all, by name, when none is asked for.
 * @throws {BenchError} exit code 2: there is no such folder or suite
 */
export async function loadSuites(folder: string, names: readonly string[]): Promise<NamedSuite[]> {
  const known = await suiteNames(folder)
  for (const name of names) {
    if (known.includes(name)) continue
    throw BenchError.usage(`unknown suite '${name}': suites are ${known.join(', ')}`)
  }
  const wanted = names.length === 0 ? known : [...new Set(names)]
  return Promise.all(wanted.map((name) => loadSuite(folder, name)))
}

/** Loads one suite. */
export async function loadSuite(folder: string, name: string): Promise<NamedSuite> {
  const module: { suite: Suite } = await import(pathToFileURL(join(folder, `${name}.ts`)).href)
  return { name, ...module.suite }
}

async function suiteNames(folder: string): Promise<string[]> {
  let files: string[]
  try {
    files = await readdir(folder)
  } catch {
    throw BenchError.usage(`cannot read the folder of suites ${folder}`)
  }
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort()
}
