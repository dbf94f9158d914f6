/** A second copy of our error classes, as a second version in one process would bring. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as task from '@threeply/task'

export async function copiedErrors(): Promise<typeof task> {
  const folder = mkdtempSync(join(tmpdir(), 'threeply-copy-'))
  try {
    cpSync(dirname(fileURLToPath(import.meta.resolve('@threeply/task'))), folder, {
      recursive: true,
    })
    return await import(/* @vite-ignore */ pathToFileURL(join(folder, 'index.ts')).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
