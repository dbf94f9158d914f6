/** A file that is written whole or not at all. */
import { randomUUID } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { isatty } from 'node:tty'
import { Failure } from './failure.ts'

/** A place for output that has been found to take it. */
export interface OutputFile {
  /**
   * Writes all of it.
   * @throws {Failure} when it cannot be written; a file that was there before is as it was
   */
  commit(text: string): void
  /** Leaves no trace; does nothing after {@link commit}. */
  discard(): void
}

/**
 * Opens `file` for output without touching what is there: the text goes to a file beside it, which
 * takes its name in the end. A device or a pipe has no beside, and is written to as it is.
 * @throws {Failure} when the output could not be written in the end
 */
export function openOutputFile(file: string): OutputFile {
  try {
    const target = followLinks(path.resolve(file))
    const found = statSync(target, { throwIfNoEntry: false })
    if (found === undefined || found.isFile()) return replacing(file, target, found)
    if (found.isDirectory()) throw new Failure(`cannot write ${file}: it is a folder`)
    return writingThrough(file, target, found)
  } catch (error) {
    throw failure(file, error)
  }
}

function replacing(file: string, target: string, found: Stats | undefined): OutputFile {
  if (found !== undefined) accessSync(target, constants.W_OK) // replacing it would pass by its mode
  const folder = path.dirname(target)
  const beside = path.join(folder, `.${path.basename(target)}.${randomUUID()}.tmp`)
  const descriptor = openSync(beside, 'wx', found?.mode ?? 0o666)
  let isOpen = true
  const discard = () => {
    process.removeListener('exit', discard)
    if (!isOpen) return
    isOpen = false
    closeSync(descriptor)
    rmSync(beside, { force: true })
  }
  process.once('exit', discard) // whatever the end, nothing half-written stays
  return {
    commit(text) {
      try {
        writeFileSync(descriptor, text)
        fsyncSync(descriptor)
        renameSync(beside, target)
      } catch (error) {
        throw failure(file, error)
      } finally {
        discard()
      }
    },
    discard,
  }
}

function writingThrough(file: string, target: string, found: Stats): OutputFile {
  // Opening a pipe that nobody reads would wait for a reader; this way it fails at once.
  const probe = openSync(target, constants.O_WRONLY | constants.O_NONBLOCK)
  let isOpen = true
  // Only an attempt tells whether a device takes bytes; an empty line before the text harms nobody.
  if (found.isCharacterDevice() && !isatty(probe)) writeSync(probe, '\n')
  const discard = () => {
    if (isOpen) closeSync(probe)
    isOpen = false
  }
  return {
    commit(text) {
      try {
        const descriptor = openSync(target, constants.O_WRONLY)
        writeFileSync(descriptor, text)
        closeSync(descriptor)
      } catch (error) {
        throw failure(file, error)
      } finally {
        discard()
      }
    },
    discard,
  }
}

/** Where a link leads, also when nothing is there yet: the link itself is not to be replaced. */
function followLinks(file: string): string {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (!found?.isSymbolicLink()) return file
  if (statSync(file, { throwIfNoEntry: false })) return realpathSync(file)
  return path.resolve(path.dirname(file), readlinkSync(file))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is no folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  ENXIO: 'nobody reads from this pipe',
}

function failure(file: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  return new Failure(`cannot write ${file}: ${REASONS[code] ?? message}`)
}
