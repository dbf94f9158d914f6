/** Finds what in a value structured clone refuses, for an error that names it. */
import { types } from 'node:util'
import { isCloneable } from './cloneable.ts'
import { TaskSerializationError } from './errors.ts'

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
  const finding = findUncloneable(value, root, new Set(transferred))
  const { path, what, thrown } = finding ?? { path: root, what: 'something that cannot be cloned' }
  return new TaskSerializationError(taskName, { path, what, cause: thrown ?? cause })
}

interface Finding {
  readonly path: string
  readonly what: string
  /** What a getter threw, if that was it. */
  readonly thrown?: unknown
}

/** Descends until a value is reached that is refused though no part of it is to blame. */
function findUncloneable(value: unknown, path: string, seen: Set<unknown>): Finding | undefined {
  seen.add(value)
  let holdsTransferred = false
  for (const part of partsOf(value, path)) {
    if ('thrown' in part) {
      return { path: part.path, what: 'a getter that throws', thrown: part.thrown }
    }
    if (seen.has(part.value)) {
      holdsTransferred ||= typeof part.value === 'object'
      continue
    }
    if (isCloneable(part.value)) continue
    const finding = findUncloneable(part.value, part.path, seen)
    if (finding !== undefined) return finding
    holdsTransferred = true
  }
  return holdsTransferred ? undefined : { path, what: kindOf(value) }
}

type Part = { readonly path: string } & ({ readonly value: unknown } | { readonly thrown: unknown })

function* partsOf(value: unknown, path: string): Generator<Part> {
  if (typeof value !== 'object' || value === null) return
  if (types.isMap(value)) {
    for (const [key, item] of value) {
      yield { path: `${path}.keys()`, value: key }
      yield { path: `${path}.get(${keyText(key)})`, value: item }
    }
  } else if (types.isSet(value)) {
    for (const item of value) yield { path: `${path}.values()`, value: item }
  }
  for (const key of Object.keys(value)) {
    const partPath = `${path}${accessor(key, Array.isArray(value))}`
    try {
      yield { path: partPath, value: Reflect.get(value, key) }
    } catch (thrown) {
      yield { path: partPath, thrown }
    }
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
  const prototype: unknown = Object.getPrototypeOf(value)
  const prototypeClass = Object.getOwnPropertyDescriptor(prototype ?? {}, 'constructor')?.value
  const name = typeof prototypeClass === 'function' ? prototypeClass.name : 'Object'
  return `an object that cannot be cloned (${name})`
}
