/** The user's own input: the text files of a folder. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import path from 'node:path'

/** How much of a file is looked at to see whether it is text. */
const LOOKED_AT = 8_192 // what git looks at

/**
 * Gives the text files in `folder` and in its folders one by one, in order of their names: regular
 * files, not empty, without a zero byte in their first 8 KB. Hidden ones and links are left out.
 */
export function* textFilesIn(folder: string): Generator<string, void> {
  const entries = readdirSync(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1)) // by code unit: the same everywhere
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* textFilesIn(file)
    // What the kernel makes up as it is read has no size, and reading it may never end.
    else if (entry.isFile() && statSync(file).size > 0 && isText(file)) yield file
  }
}

function isText(file: string): boolean {
  const start = Buffer.alloc(LOOKED_AT)
  const descriptor = openSync(file, 'r')
  try {
    const length = readSync(descriptor, start, 0, LOOKED_AT, 0)
    return !start.subarray(0, length).includes(0)
  } finally {
    closeSync(descriptor)
  }
}
