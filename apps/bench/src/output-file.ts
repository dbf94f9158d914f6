/** A file that is written whole or not at all, and known to be writable before work begins. */
import { constants } from 'node:fs'
import { access, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { BenchError } from './failure.ts'

export interface OutputFile {
  /** Puts `content` in the file's place. */
  write(content: string): Promise<void>
  /** Leaves all as it was; does nothing after `write`. */
  discard(): Promise<void>
}

/** @throws {BenchError} exit code 1: nothing can be written there */
export async function openOutputFile(path: string): Promise<OutputFile> {
  try {
    const found = await stat(path).catch(() => undefined)
    if (!found) return await replacing(path)
    if (!found.isFile()) return await writingThrough(path) // a device or a pipe, or it fails
    await access(path, constants.W_OK) // replacing it would not ask
    return await replacing(await realpath(path)) // the file, not a link to it
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

async function replacing(path: string): Promise<OutputFile> {
  const draft = `${path}.${process.pid}.draft` // in the same folder, so that it can take its place
  const handle = await open(draft, 'wx')
  const discard = async () => {
    await handle.close()
    await rm(draft, { force: true })
  }
  return {
    async write(content) {
      try {
        await handle.writeFile(content)
        await rename(draft, path)
      } catch (error) {
        throw cannotWrite(path, error)
      } finally {
        await discard()
      }
    },
    discard,
  }
}

async function writingThrough(path: string): Promise<OutputFile> {
  const handle = await open(path, 'w')
  return {
    async write(content) {
      await handle.writeFile(content).catch((error) => {
        throw cannotWrite(path, error)
      })
      await handle.close()
    },
    discard: () => handle.close(),
  }
}

function cannotWrite(path: string, error: unknown): BenchError {
  const { code, message } = error as NodeJS.ErrnoException
  return BenchError.failed(`cannot write ${path}: ${code ?? message}`)
}
