/**
 * Copies of small plain values. What a task gave may wait on its thread for the outputs of the next
 * tasks, which may change it meanwhile: an object that the module keeps, an array that it fills anew
 * each time. The copy waits instead. It is what structured clone would make of the value, which the
 * copy goes through too; whatever this cannot promise cheaply has no copy here.
 */
import { types } from 'node:util'

/** Copying a larger value would cost about as much as the message that is saved. */
const MAX_PARTS = 256
/** So many bytes of a typed array count as one part. */
const BYTES_A_PART = 16

/** After a value that was too large so many more are taken for too large unseen; they mostly are. */
const UNSEEN = 15

const { prototype: OBJECT } = Object
const { prototype: ARRAY } = Array
// As they are, whatever a value has of its own under their names.
const { getTime: GET_TIME } = Date.prototype
const { get: TAG_OF } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
) as { get(this: NodeJS.TypedArray): string }
/** The classes of typed arrays, by what they call themselves; a `Buffer` is cloned as its class. */
const TYPED_ARRAYS = new Map<string, (new (of: Uint8Array) => object) | undefined>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ].map((Class) => [Class.name, Class]),
)

export class PlainCopier {
  #partsLeft = 0
  #unseen = 0
  /** The objects in the value that is copied, once there is more than one. */
  #seen: Set<object> | undefined
  #root: object | undefined

  /**
   * A copy of `value`, with nothing in common with it; `undefined` when it is large, is or has an
   * instance of a class other than dates and typed arrays, or holds one object twice.
   */
  copyOf(value: object): object | undefined {
    if (this.#unseen > 0) {
      this.#unseen -= 1
      return undefined
    }
    this.#partsLeft = MAX_PARTS
    this.#root = value
    try {
      const copy = this.#copy(value)
      if (this.#partsLeft < 0) this.#unseen = UNSEEN
      return copy
    } catch {
      return undefined // a getter threw, which `postMessage` will meet and report
    } finally {
      this.#root = undefined
      this.#seen = undefined
    }
  }

  #copy(value: object): object | undefined {
    if (types.isProxy(value) || types.isArgumentsObject(value)) return undefined // neither can be cloned
    if (Array.isArray(value)) return this.#copyArray(value)
    if (Object.getPrototypeOf(value) === OBJECT) return this.#copyObject(value)
    if (types.isDate(value)) return new Date(GET_TIME.call(value))
    return types.isTypedArray(value) ? this.#copyTypedArray(value) : undefined
  }

  #copyArray(value: readonly unknown[]): unknown[] | undefined {
    this.#partsLeft -= value.length
    if (this.#partsLeft < 0 || Object.getPrototypeOf(value) !== ARRAY) return undefined
    const { length } = value
    const keys = Object.keys(value)
    // Holes, or properties that are no elements, as those of a match of a regular expression. Elements
    // come first among the keys, so with as many keys as the last is an element, all are.
    if (keys.length !== length || (length > 0 && keys[length - 1] !== String(length - 1))) {
      return undefined
    }
    const copy: unknown[] = []
    for (let index = 0; index < length; index += 1) {
      const part = value[index]
      const partCopy = isObject(part) ? this.#copyPart(part) : part
      if (partCopy === undefined && part !== undefined) return undefined
      copy.push(partCopy)
    }
    return copy
  }

  #copyObject(value: object): object | undefined {
    const copy: Record<string, unknown> = { ...value }
    for (const key in copy) {
      this.#partsLeft -= 1
      if (this.#partsLeft < 0) return undefined
      const part = copy[key]
      if (!isObject(part)) continue
      const partCopy = key === '__proto__' ? undefined : this.#copyPart(part)
      if (partCopy === undefined) return undefined
      copy[key] = partCopy
    }
    return copy
  }

  #copyPart(part: object): object | undefined {
    return this.#isFirst(part) ? this.#copy(part) : undefined
  }

  #isFirst(part: object): boolean {
    this.#seen ??= new Set([this.#root!])
    if (this.#seen.has(part)) return false
    this.#seen.add(part)
    return true
  }

  /** All of its buffer is cloned with it, so only one that is all of its buffer. */
  #copyTypedArray(array: NodeJS.TypedArray): object | undefined {
    const { buffer, byteLength } = array
    this.#partsLeft -= byteLength / BYTES_A_PART
    if (this.#partsLeft < 0 || byteLength !== buffer.byteLength) return undefined
    if (!types.isArrayBuffer(buffer) || isResizable(buffer)) return undefined
    if (array !== this.#root && !this.#isFirst(buffer)) return undefined // two views share it
    const Class = TYPED_ARRAYS.get(TAG_OF.call(array))
    return Class && new Class(array as Uint8Array)
  }
}

/** Which is new in Node 20, and later in TypeScript. */
function isResizable(buffer: ArrayBuffer): boolean {
  return (buffer as { readonly resizable?: boolean }).resizable === true
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
