/** Finds what in a value structured clone refuses, for an error that names it. */
import { types } from 'node:util'
import { isCloneable } from './cloneable.ts'
import { TaskSerializationError } from './errors.ts'
import { hasMoved } from './moved-buffer.ts'

/**
 * The error for a value that `postMessage` has refused.
 * @param root What the value is: `input`, `output` or `message`; the error's `path` starts with it.
 * @param cause What `postMessage` threw.
 * @param transferred What was to be moved, and is not to blame.
 */
export function serializationError(
  taskName: string,
  root: string,
  value: unknown,
  cause: unknown,
  transferred: readonly unknown[] = [],
): TaskSerializationError {
  const finding = search(value, root, new Set(transferred))
  const { path, what, thrown = cause } = finding ?? { path: root, what: NOT_TRANSFERABLE }
  return new TaskSerializationError(taskName, { path, what, cause: thrown })
}

/** Each part can be cloned or was to be moved, so it is the list that was refused. */
const NOT_TRANSFERABLE =
  'listed in `transfer` with something that cannot be moved, such as the memory that small `Buffer`s ' +
  'share, or that of WebAssembly: copy that first, as by `new Uint8Array(buffer)`'

/** Looking for the part of a large value blocks the caller's thread; so many milliseconds at most, or a little more. */
const LONGEST_SEARCH_MS = 1_000

/** Structured clone overflows the stack at some depth; this ends the search well before. */
const MAX_DEPTH = 1_000

const NOT_FOUND = 'an object with a part that cannot be cloned, which was not found'

interface Finding {
  readonly path: string
  readonly what: string
  /** What a getter threw, if that was it. */
  readonly thrown?: unknown
}

type Part = { readonly path: string } & ({ readonly value: unknown } | { readonly thrown: unknown })

/** A value on the way from the root to the part that is to blame. */
interface Step {
  readonly value: unknown
  readonly path: string
  readonly parts: Iterator<Part, void>
  /** What it holds is refused only until the transfer, so it is not to blame itself. */
  holdsTransferred: boolean
}

/** Whatever becomes of the search, the task fails alone. */
function search(
  value: unknown,
  root: string,
  transferred: ReadonlySet<unknown>,
): Finding | undefined {
  try {
    return findUncloneable(value, root, transferred)
  } catch {
    return { path: root, what: NOT_FOUND } // there are too many, or looking at them throws
  }
}

/** Descends until a value is reached that is refused though no part of it is to blame. */
function findUncloneable(
  root: unknown,
  rootPath: string,
  transferred: ReadonlySet<unknown>,
): Finding | undefined {
  if (isCloneable(root) || isMoved(root, transferred)) return undefined
  const end = performance.now() + LONGEST_SEARCH_MS
  const seen = new Set<unknown>([root])
  const way: Step[] = [step(root, rootPath)]
  for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
    if (performance.now() > end) return { path: rootPath, what: NOT_FOUND }
    const next = top.parts.next()
    if (next.done === true) {
      if (!top.holdsTransferred) return { path: top.path, what: kindOf(top.value) }
      way.pop()
      const parent = way.at(-1)
      if (parent !== undefined) parent.holdsTransferred = true
      continue
    }
    const part = next.value
    if ('thrown' in part)
      return { path: part.path, what: 'a getter that throws', thrown: part.thrown }
    const moved = isMoved(part.value, transferred)
    if (moved) top.holdsTransferred = true
    if (moved || seen.has(part.value) || isCloneable(part.value)) continue
    if (way.length >= MAX_DEPTH) return { path: rootPath, what: 'nested too deeply' }
    seen.add(part.value)
    way.push(step(part.value, part.path))
  }
  return undefined
}

/** Whether a value was to be moved and can be: what has been moved before cannot. */
function isMoved(value: unknown, transferred: ReadonlySet<unknown>): boolean {
  return transferred.has(value) && !hasMoved(value)
}

function step(value: unknown, path: string): Step {
  return { value, path, parts: partsOf(value, path), holdsTransferred: false }
}

/** The parts that structured clone looks at: of a map its entries, of an error its cause alone. */
function* partsOf(value: unknown, path: string): Generator<Part, void> {
  // A proxy is refused whatever it holds; its traps are not ours to run.
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return
  if (ArrayBuffer.isView(value)) return // has no parts, but a key for each byte
  if (types.isMap(value)) {
    for (const [key, item] of value) {
      yield { path: `${path}.keys()`, value: key }
      yield { path: `${path}.get(${keyText(key)})`, value: item }
    }
  } else if (types.isSet(value)) {
    for (const item of value) yield { path: `${path}.values()`, value: item }
  } else if (types.isNativeError(value)) {
    yield readPart(value, 'cause', path)
  } else {
    for (const key of Object.keys(value)) yield readPart(value, key, path)
  }
}

function readPart(value: object, key: string, path: string): Part {
  const partPath = `${path}${accessor(key, Array.isArray(value))}`
  try {
    return { path: partPath, value: Reflect.get(value, key) }
  } catch (thrown) {
    return { path: partPath, thrown }
  }
}

function accessor(key: string, isArray: boolean): string {
  if (isArray && /^\d+$/.test(key)) return `[${key}]`
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key)
  return typeof key === 'object' || typeof key === 'function' ? '…' : String(key)
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return `a function (${value.name || 'without a name'})`
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  if (types.isProxy(value)) return 'a Proxy'
  if (types.isPromise(value)) return 'a promise that was not awaited'
  if (hasMoved(value)) return 'an ArrayBuffer that has been moved already'
  if (ArrayBuffer.isView(value) && hasMoved(value.buffer)) {
    return `a ${classNameOf(value)} whose buffer has been moved already`
  }
  return `an object that cannot be cloned (${classNameOf(value)})`
}

function classNameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  const prototypeClass = Object.getOwnPropertyDescriptor(prototype ?? {}, 'constructor')?.value
  return typeof prototypeClass === 'function' ? prototypeClass.name : 'Object'
}
