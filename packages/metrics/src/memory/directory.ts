/** Which series there are: names, kinds and labels, in shared memory, for all threads alike. */
import { InvalidOptionError } from '../invalid-option-error.ts'
import type { Arena } from './arena.ts'

export type SeriesKind = 'counter' | 'gauge' | 'histogram' | 'timeline'

/** What a series is; `id` is where its entry is in the arena, the same for every thread. */
export interface Series {
  readonly id: number
  readonly kind: SeriesKind
  readonly name: string
  readonly unit: string
  readonly help: string
  readonly labels: Readonly<Record<string, string>>
  /** How many spans of a timeline are kept for each thread; 0 for the other kinds. */
  readonly capacity: number
}

/** A series that is asked for, and may be there already. `unit` and `capacity`: if given. */
export interface Declaration {
  readonly kind: SeriesKind
  readonly name: string
  readonly unit: string | undefined
  readonly help: string
  readonly labels: Readonly<Record<string, string>>
  readonly capacity: number | undefined
}

/** How many spans of a timeline are kept for each thread, unless it says otherwise. */
const DEFAULT_CAPACITY = 4_096

/** An entry in memory: a link to the next one, the length of its JSON, and the JSON. */
const NEXT = 0
const BYTES = 1
const TEXT = 2

/** What an entry says in JSON. */
type Entry = Omit<Series, 'id'> | { readonly span: string }

/** What all series of one name share; the first of them decides. */
interface Family extends Pick<Series, 'kind' | 'unit' | 'help' | 'capacity'> {
  size: number
}

/**
 * A list that threads append to and that nobody ever removes from. See README.md here, "Directory",
 * for the protocol: the letters are its steps.
 */
export class Directory {
  readonly #arena: Arena
  readonly #byId = new Map<number, Series>()
  readonly #series = new Map<string, Series>()
  readonly #families = new Map<string, Family>()
  readonly #spanIds = new Map<string, number>()
  readonly #spanNames = new Map<number, string>()
  /** The word that links to the entry after the last one that this thread has read. */
  #tail: number

  constructor(arena: Arena) {
    this.#arena = arena
    this.#tail = arena.firstEntry
  }

  /** All series, in the order in which they were made. */
  all(): Iterable<Series> {
    this.#catchUp()
    return this.#byId.values()
  }

  /** The series of an id that was read in a cell. */
  find(id: number): Series | undefined {
    if (!this.#byId.has(id)) this.#catchUp()
    return this.#byId.get(id)
  }

  spanName(id: number): string | undefined {
    if (!this.#spanNames.has(id)) this.#catchUp()
    return this.#spanNames.get(id)
  }

  /**
   * Finds a series, or makes it.
   * @returns Nothing when its name has as many series as it may, or the memory is full.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: the name is of another kind, or the
   * series has another unit or capacity.
   */
  declare(wanted: Declaration): Series | undefined {
    const key = keyOf(wanted)
    const { unit = '', capacity = wanted.kind === 'timeline' ? DEFAULT_CAPACITY : 0 } = wanted
    const find = (): Series | undefined => {
      const family = this.#families.get(wanted.name)
      if (family !== undefined) checkFits(wanted, family)
      return this.#series.get(key)
    }
    const hasRoom = (): boolean =>
      (this.#families.get(wanted.name)?.size ?? 0) < this.#arena.seriesPerName
    return this.#append(find, hasRoom, { ...wanted, unit, capacity })
  }

  /** The number of a span's name; 0 when there are too many names, or the memory is full. */
  spanId(span: string): number {
    const known = this.#spanIds.get(span)
    if (known !== undefined) return known
    const hasRoom = (): boolean => this.#spanIds.size < this.#arena.seriesPerName
    return this.#append(() => this.#spanIds.get(span), hasRoom, { span }) ?? 0
  }

  #append<T>(find: () => T | undefined, hasRoom: () => boolean, entry: Entry): T | undefined {
    let block = 0
    for (;;) {
      this.#catchUp() // D1
      const found = find()
      if (found !== undefined || !hasRoom()) return found
      if (block === 0) block = this.#write(entry) // D2
      if (block === 0) return undefined
      Atomics.compareExchange(this.#arena.words, this.#tail, 0, block >> 2) // D3; D1 reads what won
    }
  }

  #write(entry: Entry): number {
    const text = new TextEncoder().encode(JSON.stringify(entry))
    const at = this.#arena.allocate(TEXT * 4 + text.length)
    if (at === 0) return 0
    this.#arena.words[(at >> 2) + BYTES] = text.length
    new Uint8Array(this.#arena.buffer, at + TEXT * 4, text.length).set(text)
    return at
  }

  #catchUp(): void {
    const { words } = this.#arena
    for (;;) {
      const at = Atomics.load(words, this.#tail)
      if (at === 0) return
      this.#read(at)
      this.#tail = at + NEXT
    }
  }

  #read(at: number): void {
    const { words, buffer } = this.#arena
    // Copied first: a decoder takes no shared memory.
    const text = new Uint8Array(buffer, (at + TEXT) * 4, words[at + BYTES]).slice()
    const entry: Entry = JSON.parse(new TextDecoder().decode(text))
    if ('span' in entry) {
      this.#spanIds.set(entry.span, at)
      this.#spanNames.set(at, entry.span)
      return
    }
    const family = this.#families.get(entry.name) ?? { ...entry, size: 0 }
    family.size += 1
    this.#families.set(entry.name, family)
    const { kind, unit, help, capacity } = family
    const { name, labels } = entry
    const series = { id: at, kind, name, unit, help, labels, capacity }
    this.#series.set(keyOf(entry), series)
    this.#byId.set(at, series)
  }
}

/** Labels are sorted where they are checked, so the same labels in any order are the same series. */
function keyOf({ name, labels }: Pick<Series, 'name' | 'labels'>): string {
  return JSON.stringify([name, labels])
}

function checkFits({ kind, name, unit, capacity }: Declaration, family: Family): void {
  if (kind !== family.kind) {
    throw new InvalidOptionError(
      'name',
      `${kind} '${name}' cannot be made: the name is taken by a ${family.kind}. Give it another name.`,
    )
  }
  const differs = (option: string, wanted: unknown, has: unknown): InvalidOptionError =>
    new InvalidOptionError(
      option,
      `${kind} '${name}' cannot have ${option} ${wanted}: it was made with ${has}. ` +
        `Leave ${option} out, or give the same everywhere.`,
    )
  if (unit !== undefined && unit !== family.unit) {
    throw differs('unit', `'${unit}'`, `'${family.unit}'`)
  }
  if (capacity !== undefined && capacity !== family.capacity) {
    throw differs('capacity', capacity, family.capacity)
  }
}
