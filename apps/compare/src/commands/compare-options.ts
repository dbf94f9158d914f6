/** The options of `compare`: from what was typed to what is meant, refused where that cannot be. */
import { statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { claims } from '../claims/index.ts'
import { UsageError } from '../failure.ts'
import type { CompareOptions } from '../measure/bench.ts'
import { textFilesIn } from '../workloads/text-files.ts'

/** As the parser hands them over. */
export interface TypedOptions {
  readonly claim?: readonly string[]
  readonly quick?: boolean
  readonly json?: string
  readonly threads?: string
  readonly rounds?: string
  readonly seed?: string
  readonly input?: string
  readonly url?: string
}

/** More threads than any machine has cores for; each costs some 10 MB. */
const MOST_THREADS = 256

const MOST_ROUNDS = 1_000

const DEFAULT_SEED = 1

/**
 * The options, checked; nothing has been started or written yet.
 * @throws {UsageError} for a value that cannot be right
 */
export function checkedOptions(typed: TypedOptions): CompareOptions {
  const { quick = false, threads, rounds, seed, input, url } = typed
  return {
    quick,
    threads:
      threads === undefined
        ? Math.min(os.availableParallelism(), MOST_THREADS)
        : wholeNumber('--threads', threads, 1, MOST_THREADS),
    ...(rounds !== undefined && { rounds: wholeNumber('--rounds', rounds, 1, MOST_ROUNDS) }),
    seed:
      seed === undefined ? DEFAULT_SEED : wholeNumber('--seed', seed, 0, Number.MAX_SAFE_INTEGER),
    ...(input !== undefined && { input: inputFolder(input) }),
    ...(url !== undefined && { url: serviceUrl(url) }),
  }
}

/** The claims that were asked for, each once and in order; all of them when none was. */
export function chosenClaims(typed: readonly string[] | undefined): readonly number[] {
  const known = claims.map(({ id }) => id)
  if (typed === undefined) return known
  const named = typed.flatMap((argument) => argument.split(',')).map((name) => name.trim())
  for (const name of named) {
    if (known.some((id) => String(id) === name)) continue
    const what = name === '' ? "''" : name
    throw new UsageError(`unknown claim ${what}: claims are ${known.at(0)} to ${known.at(-1)}`)
  }
  return known.filter((id) => named.includes(String(id)))
}

function wholeNumber(option: string, typed: string, least: number, most: number): number {
  const value = Number(typed)
  if (/^\d+$/.test(typed) && value >= least && value <= most) return value
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
  throw new UsageError(`${option} is '${typed}'; it takes a whole number ${range}`)
}

function inputFolder(typed: string): string {
  if (typed === '') throw new UsageError("--input is ''; it takes a folder of text files")
  const folder = path.resolve(typed)
  let first: string | undefined
  try {
    if (!statSync(folder).isDirectory()) throw new UsageError(`--input ${typed} is no folder`)
    first = textFilesIn(folder).next().value ?? undefined
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const problem = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`
    throw new UsageError(`--input ${typed} ${problem}`)
  }
  if (first === undefined) throw new UsageError(`--input ${typed} has no text files in it`)
  return folder
}

function serviceUrl(typed: string): string {
  const url = URL.canParse(typed) ? new URL(typed) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new UsageError(
    `--url ${typed === '' ? "''" : typed} is no URL that can be called: it takes http:// or https://`,
  )
}
