/** The database behind the service: a real SQLite file, with pieces of the corpus in it. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Corpus } from '../workloads/corpus.ts'

interface Item {
  readonly id: number
  readonly source: string
  readonly text: string
}

export interface ItemStore {
  /** The temporary folder that the file is in; whoever opened the store removes it. */
  readonly folder: string
  /** Reads one item from the database, if it has it. */
  find(id: number): Item | undefined
}

/** Items are numbered from 0. */
export const ITEM_COUNT = 1_000

/** About a paragraph. */
const PIECE_LENGTH = 1_000

export async function openItemStore(corpus: Corpus): Promise<ItemStore> {
  const pieces = await cut(corpus)
  const folder = mkdtempSync(join(tmpdir(), 'threeply-service-'))
  const database = new DatabaseSync(join(folder, 'items.sqlite'))
  database.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, source TEXT, text TEXT); BEGIN')
  const insert = database.prepare('INSERT INTO items VALUES (?, ?, ?)')
  for (let id = 0; id < ITEM_COUNT; id += 1) {
    const { source, text } = pieces[id % pieces.length]!
    insert.run(id, source, text)
  }
  database.exec('COMMIT')
  const select = database.prepare('SELECT id, source, text FROM items WHERE id = ?')
  return { folder, find: (id) => select.get(id) as Item | undefined }
}

async function cut(corpus: Corpus): Promise<Omit<Item, 'id'>[]> {
  const pieces: Omit<Item, 'id'>[] = []
  for (const [index, path] of corpus.paths.entries()) {
    const source = basename(path)
    const text = await corpus.text(index)
    for (let start = 0; start < text.length; start += PIECE_LENGTH) {
      if (pieces.push({ source, text: text.slice(start, start + PIECE_LENGTH) }) === ITEM_COUNT) {
        return pieces
      }
    }
  }
  return pieces
}
